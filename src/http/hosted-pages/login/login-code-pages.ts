import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import {
  logInWithCode,
  recipientOf,
  startPasswordless,
} from '../../../flows/passwordless/passwordless.ts';
import { PAGE_PATHS } from '../../../platform/page-paths/page-paths.ts';
import { browserSecret, keepBrowserSecret } from '../browser/browser.ts';
import type { PageDeps } from '../deps.ts';
import {
  asksForOrganizationFirst,
  codeLoginContext,
  finishLogin,
  type LoginContext,
  refuseBlocked,
  waysOfLogin,
} from '../finish-login/finish-login.ts';
import { formText, sayNotNow } from '../page/page.ts';
import { sentByDomain, troubleText } from '../provider-login/provider-login.ts';

const LONGEST = 320;

type At = { request: FastifyRequest; reply: FastifyReply; context: LoginContext };
/** `recipient` is the address or number that received the code. */
type Sent = At & { recipient: string };

/** Registers `/u/login-code`, the login with a code by mail or text, if the application asks for such a connection or has no other. */
export function registerLoginCodePages(app: FastifyInstance, deps: PageDeps): void {
  app.get(PAGE_PATHS.loginCode, async (request, reply) => {
    const context = await codeLoginContext(deps, request, reply);
    if (!context) return reply;
    if (asksForOrganizationFirst(context)) return reply.redirect(context.urls.organization, 302);
    const typed = context.interaction.params.login_hint ?? '';
    const problem = troubleText(request, context);
    return showAddress(deps, { request, reply, context }, { typed, ...(problem && { problem }) });
  });

  app.post(PAGE_PATHS.loginCode, async (request, reply) => {
    const context = await codeLoginContext(deps, request, reply);
    if (!context) return reply;
    const typed = formText(request, 'address').slice(0, LONGEST);
    if (await sentByDomain(deps, request, reply, { context, typed })) return reply;
    const recipient = recipientOf(context.connection, typed);
    const at = { request, reply, context };
    if (recipient === null) {
      const problem = context.translator.say(`mfa.${kindOf(context)}.unusable`);
      return showAddress(deps, at, { typed, problem });
    }
    const asksForCode = formText(request, 'step') !== 'code';
    return asksForCode || formText(request, 'action') === 'resend'
      ? send(deps, { ...at, recipient })
      : tryCode(deps, { ...at, recipient });
  });
}

async function send(deps: PageDeps, at: Sent): Promise<FastifyReply> {
  const { request, context, recipient } = at;
  const outcome = await startPasswordless(deps, {
    ...asked(at),
    language: context.translator.lang,
  });
  if (outcome.kind === 'sent') return showCode(deps, at);
  const isFirst = formText(request, 'step') !== 'code';
  const shown = problemOf(at, outcome);
  return isFirst
    ? showAddress(deps, at, { typed: recipient, ...shown })
    : showCode(deps, at, shown);
}

async function tryCode(deps: PageDeps, at: Sent): Promise<FastifyReply> {
  const { request, reply, context } = at;
  const digits = formText(request, 'code').slice(0, 64);
  const browser = browserSecret(deps, request);
  const outcome = await logInWithCode(deps, { ...asked(at), digits, browser });
  switch (outcome.kind) {
    case 'ok': {
      const { user } = outcome;
      keepBrowserSecret(deps, reply, browser);
      return finishLogin(deps, request, reply, { context, user, amr: ['otp'] });
    }
    case 'blocked':
      return refuseBlocked(deps, request, reply);
    default:
      return showCode(deps, at, problemOf(at, outcome));
  }
}

function asked({ request, context, recipient }: Sent) {
  const { connection, client, organization } = context;
  const organizationId = organization?.id ?? null;
  return { connection, recipient, clientId: client.id, organizationId, ip: request.ip };
}

type Problem = { problem?: string; status?: number };

function problemOf(
  { reply, context }: At,
  outcome:
    | { kind: 'wrong' | 'failed' | 'unreachable' }
    | { kind: 'throttled'; retryAfterSeconds: number },
): Problem {
  const { translator } = context;
  if (outcome.kind !== 'throttled') {
    const { kind } = outcome;
    const text =
      kind === 'unreachable' ? 'mfa.problem.unreachable' : (`codeLogin.${kind}` as const);
    return { problem: translator.say(text), status: 400 };
  }
  return sayNotNow(reply, outcome, translator);
}

function kindOf({ connection }: LoginContext): 'email' | 'sms' {
  return connection.strategy === 'sms' ? 'sms' : 'email';
}

function showAddress(
  deps: PageDeps,
  at: At,
  { typed, problem, status = problem === undefined ? 200 : 400 }: Problem & { typed: string },
): Promise<FastifyReply> {
  const { request, reply, context } = at;
  const { translator, look } = context;
  const kind = kindOf(context);
  return deps.pages.send(reply, {
    template: 'login-code-address',
    translator,
    status,
    values: {
      ...look,
      title: translator.say('login.title'),
      csrf: deps.csrf.token(request, reply),
      action: context.urls.code,
      kind,
      label: translator.say(kind === 'sms' ? 'mfa.phone' : 'common.email'),
      typed: typed || null,
      ways: waysOfLogin(deps, request, context, { hasLinks: true }),
      problem,
    },
  });
}

function showCode(
  deps: PageDeps,
  { request, reply, context, recipient }: Sent,
  { problem, status = 200 }: Problem = {},
): Promise<FastifyReply> {
  const { translator, look } = context;
  return deps.pages.send(reply, {
    template: 'login-code',
    translator,
    status,
    values: {
      ...look,
      title: translator.say('codeLogin.title'),
      lead: translator.say('codeLogin.sent', { to: recipient }),
      csrf: deps.csrf.token(request, reply),
      action: context.urls.code,
      address: recipient,
      fields: [],
      change: translator.say(`mfa.${kindOf(context)}.change`),
      changeUrl: context.urls.code,
      problem,
    },
  });
}
