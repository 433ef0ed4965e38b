import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { connectionOfTyped } from '../../../flows/accept-invitation/accept-invitation.ts';
import { PAGE_PATHS } from '../../../platform/page-paths/page-paths.ts';
import { lookOf } from '../brand/brand.ts';
import type { PageDeps } from '../deps.ts';
import { formAction, formText } from '../page/page.ts';
import { provePassword } from '../prove-password/prove-password.ts';
import { identifierLabel } from '../ways-in/ways-in.ts';
import { enteredProfile, fieldViews } from './invitation-fields.ts';
import { type Acceptable, acceptableHere, accepts, showDead } from './invitation-outcome.ts';

/** Registers `/u/invitation-account?ticket=…`, where a person accepts an invitation with an account they have already. */
export function registerInvitationAccountPages(app: FastifyInstance, deps: PageDeps): void {
  app.get(PAGE_PATHS.invitationAccount, async (request, reply) => {
    const view = await acceptableHere(deps, request, reply);
    return view ? show(deps, request, reply, view) : reply;
  });

  app.post(PAGE_PATHS.invitationAccount, async (request, reply) => {
    const view = await acceptableHere(deps, request, reply);
    return view ? logsIn(deps, request, reply, view) : reply;
  });
}

async function logsIn(
  deps: PageDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  view: Acceptable,
): Promise<FastifyReply> {
  const identifier = formText(request, 'username').slice(0, 320);
  const profile = enteredProfile(request, view);
  if (profile === null) return show(deps, request, reply, view, { identifier, status: 400 });
  const connection = await connectionOfTyped(deps.db, view, identifier);
  if (connection === null) return showDead(deps, request, reply, { ...view, kind: 'unserved' });
  const proved = await provePassword(deps, request, reply, {
    connection,
    identifier,
    clientId: view.client?.id ?? null,
    entersLater: true,
    translator: deps.pages.translator(request),
    wrong: 'wrong',
  });
  if (proved.kind !== 'ok') {
    const { problem, status } = proved;
    return show(deps, request, reply, view, { identifier, problem, status });
  }
  const proof = { kind: 'account', userId: proved.user.id, hasLoggedIn: true } as const;
  return accepts(deps, request, reply, { proof, fields: profile });
}

function show(
  { pages, csrf }: PageDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  view: Acceptable,
  typed: { identifier: string; problem?: string; status: number } = { identifier: '', status: 200 },
): Promise<FastifyReply> {
  const { client, connections } = view;
  const translator = pages.translator(request);
  const { say } = translator;
  const labels = new Set(
    connections.filter(({ strategy }) => strategy === 'auth0').map(identifierLabel),
  );
  const [label = 'common.anyIdentifier'] = labels.size === 1 ? labels : [];
  return pages.send(reply, {
    template: 'invitation-account',
    translator,
    status: typed.status,
    values: {
      ...(client ? lookOf(client) : {}),
      title: say('invitationAccount.title'),
      lead: say('invitationAccount.lead'),
      // Liquid treats '' as true.
      identifier: typed.identifier || null,
      identifierLabel: say(label),
      fields: fieldViews(request, view, translator),
      csrf: csrf.token(request, reply),
      action: formAction(request, PAGE_PATHS.invitationAccount),
      backUrl: formAction(request, PAGE_PATHS.invitation),
      problem: typed.problem,
    },
  });
}
