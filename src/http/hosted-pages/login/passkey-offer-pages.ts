import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import {
  addOwnPasskey,
  beginPasskey,
  endPasskeyOffer,
} from '../../../flows/register-passkey/register-passkey.ts';
import { PAGE_PATHS } from '../../../platform/page-paths/page-paths.ts';
import type { PageDeps } from '../deps.ts';
import {
  declinePasskey,
  finishLogin,
  offerSession,
  stateQuery,
} from '../finish-login/finish-login.ts';
import { formText, queryText } from '../page/page.ts';

type At = NonNullable<Awaited<ReturnType<typeof offerSession>>>;

/** Registers `/u/passkey-enrollment`, which offers a passkey at the end of a login. */
export function registerPasskeyOfferPages(app: FastifyInstance, deps: PageDeps): void {
  app.get(PAGE_PATHS.passkeyEnrollment, async (request, reply) => {
    const at = await offerSession(deps, request, reply);
    return at ? showOffer(deps, request, reply, at) : reply;
  });

  app.post(PAGE_PATHS.passkeyEnrollment, async (request, reply) => {
    const at = await offerSession(deps, request, reply);
    if (!at) return reply;
    const { context, pending, user } = at;
    const registering = { kind: 'passkey', boundTo: `offer ${pending.id}` } as const;
    const { ip } = request;
    if (formText(request, 'passkey') === 'options') {
      const name = user.email ?? user.username ?? user.phoneNumber ?? user.id;
      const begun = await beginPasskey(deps, { ...registering, user, name, ip });
      if (begun.kind === 'begun') return reply.send({ options: begun.options });
      return reply.code(400).send({ problem: context.translator.say('passkey.failed') });
    }
    if (formText(request, 'passkey') === 'answer') {
      const whose = { user, clientId: context.client.id, ip };
      const answer = formText(request, 'credential');
      const added = await addOwnPasskey(deps, { ...registering, ...whose, answer });
      if (added.kind === 'refused') {
        return showOffer(deps, request, reply, at, context.translator.say('passkey.failed'));
      }
    } else declinePasskey(deps, reply);
    const amr = await endPasskeyOffer(deps, pending.id);
    if (amr === null) return reply.redirect(context.urls.login, 303);
    return finishLogin(deps, request, reply, { context, user, amr, isOffered: true });
  });
}

function showOffer(
  { pages, csrf }: PageDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  { context }: At,
  problem?: string,
): Promise<FastifyReply> {
  const { interaction, look } = context;
  const isLocal = queryText(request, 'local') !== undefined;
  const translator = context.translator.of(
    isLocal ? 'passkey-enrollment-local' : 'passkey-enrollment',
  );
  const local = isLocal ? '&local=1' : '';
  return pages.send(reply, {
    template: 'passkey-enrollment',
    translator,
    status: problem === undefined ? 200 : 400,
    values: {
      ...look,
      usesPasskeys: true,
      title: translator.say(isLocal ? 'passkeyOffer.titleLocal' : 'passkeyOffer.title'),
      lead: translator.say(isLocal ? 'passkeyOffer.leadLocal' : 'passkeyOffer.lead'),
      action: `${PAGE_PATHS.passkeyEnrollment}${stateQuery(interaction)}${local}`,
      csrf: csrf.token(request, reply),
      problem,
    },
  });
}
