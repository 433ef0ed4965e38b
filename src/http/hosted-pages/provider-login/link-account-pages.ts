import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import {
  keepSeparate,
  type Linked,
  linkWithCode,
  linkWithPassword,
  mailOfferCode,
  type OfferView,
  viewOffer,
} from '../../../flows/log-in-with-provider/log-in-with-provider.ts';
import { PAGE_PATHS } from '../../../platform/page-paths/page-paths.ts';
import { providerName } from '../../../records/connections/connections.ts';
import type { PageDeps } from '../deps.ts';
import { stateQuery } from '../finish-login/finish-login.ts';
import { formText, sayNotNow } from '../page/page.ts';
import { provePassword } from '../prove-password/prove-password.ts';
import { showOver } from './provider-notices.ts';
import { continueAs, type ProviderLoginHere, providerLoginHere } from './provider-pages.ts';

type Shown = ProviderLoginHere & { offer: OfferView };

/**
 * Registers `/u/link-account`, which asks a person whom a provider has proved whether the account with the same address is theirs. Only the
 * proof of that account links both.
 */
export function registerLinkAccountPages(app: FastifyInstance, deps: PageDeps): void {
  app.get(PAGE_PATHS.linkAccount, async (request, reply) => {
    const shown = await read(deps, request, reply);
    return shown ? show(deps, request, reply, shown) : reply;
  });

  app.post(PAGE_PATHS.linkAccount, async (request, reply) => {
    const shown = await read(deps, request, reply);
    if (!shown) return reply;
    if (formText(request, 'again') !== '') return sendsCode(deps, request, reply, shown);
    switch (formText(request, 'way')) {
      case 'password':
        return provesByPassword(deps, request, reply, shown);
      case 'send':
        return sendsCode(deps, request, reply, shown);
      case 'code': {
        const linked = await linkWithCode(
          deps,
          shown.entry,
          formText(request, 'code').slice(0, 64),
        );
        return goOn(deps, request, reply, shown, linked);
      }
      case 'separate':
        return goOn(deps, request, reply, shown, await keepSeparate(deps, shown.entry));
      default:
        return show(deps, request, reply, shown);
    }
  });
}

/** Returns `null` if nothing waits here. The reply has then been sent. */
async function read(
  deps: PageDeps,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<Shown | null> {
  const found = await providerLoginHere(deps, request, reply);
  if (found === null) return null;
  const offer = await viewOffer(deps, found.entry);
  if (offer !== null) return { ...found, offer };
  await showOver(deps, request, reply, found.context.urls.login);
  return null;
}

async function provesByPassword(
  deps: PageDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  shown: Shown,
): Promise<FastifyReply> {
  const { account, connection } = shown.offer;
  const { client, translator } = shown.context;
  const proved = await provePassword(deps, request, reply, {
    connection,
    identifier: account.email ?? '',
    clientId: client.id,
    entersLater: true,
    translator,
    wrong: 'wrongHere',
  });
  if (proved.kind !== 'ok') return show(deps, request, reply, shown, proved);
  const linked = await linkWithPassword(deps, shown.entry, proved.user.id);
  return goOn(deps, request, reply, shown, linked);
}

async function sendsCode(
  deps: PageDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  shown: Shown,
): Promise<FastifyReply> {
  const sent = await mailOfferCode(deps, shown.entry);
  if (sent.kind === 'throttled') {
    return show(deps, request, reply, shown, sayNotNow(reply, sent, shown.context.translator));
  }
  if (sent.kind === 'over') return showOver(deps, request, reply, shown.context.urls.login);
  return reply.redirect(actionOf(shown), 303);
}

function goOn(
  deps: PageDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  shown: Shown,
  entered: Linked,
): Promise<FastifyReply> {
  const { translator } = shown.context;
  if (entered.kind === 'wrong') {
    const problem = { problem: translator.say('codeLogin.wrong'), status: 400 };
    return show(deps, request, reply, shown, problem);
  }
  if (entered.kind === 'throttled') {
    return show(deps, request, reply, shown, sayNotNow(reply, entered, translator));
  }
  return continueAs(deps, request, reply, { ...shown, entered });
}

function actionOf({ context, login }: Shown): string {
  const id = encodeURIComponent(login.id);
  return `${PAGE_PATHS.linkAccount}${stateQuery(context.interaction)}&login=${id}`;
}

function show(
  { pages, csrf }: PageDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  shown: Shown,
  { problem, status = 200 }: { problem?: string; status?: number } = {},
): Promise<FastifyReply> {
  const { context, connection, offer } = shown;
  const { translator, look } = context;
  const { say } = translator;
  const provider = providerName(connection);
  const email = offer.account.email ?? '';
  return pages.send(reply, {
    template: 'link-account',
    translator,
    status,
    values: {
      ...look,
      title: say('linkAccount.title'),
      lead: say('linkAccount.lead', { provider }),
      email,
      csrf: csrf.token(request, reply),
      action: actionOf(shown),
      password: offer.proofs.password,
      code: offer.proofs.code ? (offer.isCodeSent ? 'sent' : 'offered') : null,
      codeLead: say('linkAccount.codeSent', { to: email }),
      separate: offer.mayBeSeparate ? say('linkAccount.separate', { provider }) : null,
      problem,
    },
  });
}
