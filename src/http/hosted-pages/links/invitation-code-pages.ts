import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { proveCode, startPasswordless } from '../../../flows/passwordless/passwordless.ts';
import { PAGE_PATHS } from '../../../platform/page-paths/page-paths.ts';
import { type Connection, codeConnectionOf } from '../../../records/connections/connections.ts';
import { lookOf } from '../brand/brand.ts';
import type { PageDeps } from '../deps.ts';
import { formAction, formText, sayNotNow } from '../page/page.ts';
import { enteredProfile, fieldViews } from './invitation-fields.ts';
import { type Acceptable, acceptableHere, accepts } from './invitation-outcome.ts';
import { showInvitation } from './show-invitation.ts';

type At = {
  request: FastifyRequest;
  reply: FastifyReply;
  view: Acceptable;
  /** Mails the codes. */
  connection: Connection;
};

type Said = {
  problem?: string;
  status?: number;
  /** Whether the person has sent the fields that the invitation asks for. Default: yes. */
  isSent?: boolean;
};

/**
 * Registers `/u/invitation-code?ticket=…`, where a person accepts an invitation with a code. The invitation's page sends the form that mails
 * the code, always to the invited address. The answer is the same whether an account has this address.
 */
export function registerInvitationCodePages(app: FastifyInstance, deps: PageDeps): void {
  // The address in a browser that opens the page once more. The code is asked for after a form only.
  app.get(PAGE_PATHS.invitationCode, (request, reply) =>
    reply.redirect(formAction(request, PAGE_PATHS.invitation), 302),
  );

  app.post(PAGE_PATHS.invitationCode, async (request, reply) => {
    const view = await acceptableHere(deps, request, reply);
    if (view === null) return reply;
    const connection = codeConnectionOf(view.connections);
    if (connection === null) {
      return reply.redirect(formAction(request, PAGE_PATHS.invitation), 303);
    }
    const at = { request, reply, view, connection };
    const isTyped = formText(request, 'step') === 'code';
    return isTyped && formText(request, 'action') !== 'resend' ? tries(deps, at) : send(deps, at);
  });
}

async function send(deps: PageDeps, at: At): Promise<FastifyReply> {
  const { request, reply, view } = at;
  const translator = deps.pages.translator(request);
  const outcome = await startPasswordless(deps, {
    ...asked(at),
    language: translator.lang,
    isInvited: true,
  });
  if (outcome.kind === 'sent') return showCode(deps, at, { isSent: false });
  const { problem, status } =
    outcome.kind === 'throttled'
      ? sayNotNow(reply, outcome, translator)
      : { problem: translator.say('codeLogin.failed'), status: 400 };
  return formText(request, 'step') === 'code'
    ? showCode(deps, at, { problem, status, isSent: false })
    : showInvitation(deps, request, reply, view, problem, status);
}

async function tries(deps: PageDeps, at: At): Promise<FastifyReply> {
  const { request, reply, view, connection } = at;
  const profile = enteredProfile(request, view);
  // The code is used up only after everything else is right.
  if (profile === null) return showCode(deps, at, { status: 400 });
  const digits = formText(request, 'code').slice(0, 64);
  const proved = await proveCode(deps, { ...asked(at), digits });
  if (proved.kind !== 'proved') return refuses(deps, at, proved);
  const proof = { kind: 'code', connection, recipient: view.invitation.email } as const;
  return accepts(deps, request, reply, { proof, fields: profile });
}

async function refuses(
  deps: PageDeps,
  at: At,
  why: { kind: 'wrong' } | { kind: 'throttled'; retryAfterSeconds: number },
): Promise<FastifyReply> {
  const { request, reply } = at;
  const translator = deps.pages.translator(request);
  if (why.kind === 'throttled') return showCode(deps, at, sayNotNow(reply, why, translator));
  // The same form, sent twice, finds its code used up, and the invitation accepted.
  const now = await acceptableHere(deps, request, reply);
  if (now === null) return reply;
  return showCode(deps, at, { problem: translator.say('codeLogin.wrong'), status: 400 });
}

function asked({ request, view, connection }: At) {
  const { invitation, client, organization } = view;
  return {
    connection,
    recipient: invitation.email,
    clientId: client?.id ?? null,
    organizationId: organization?.id ?? null,
    ip: request.ip,
  };
}

function showCode(
  deps: PageDeps,
  { request, reply, view }: At,
  { problem, status = 200, isSent = true }: Said,
): Promise<FastifyReply> {
  const translator = deps.pages.translator(request);
  const { say } = translator;
  const { client, invitation } = view;
  return deps.pages.send(reply, {
    template: 'login-code',
    translator,
    status,
    values: {
      ...(client ? lookOf(client) : {}),
      title: say('codeLogin.title'),
      lead: say('invitationCode.sent', { to: invitation.email }),
      address: invitation.email,
      fields: fieldViews(request, view, translator, isSent),
      csrf: deps.csrf.token(request, reply),
      action: formAction(request, PAGE_PATHS.invitationCode),
      change: say('invitationAccount.back'),
      changeUrl: formAction(request, PAGE_PATHS.invitation),
      problem,
    },
  });
}
