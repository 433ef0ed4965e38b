import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { enter } from '../../flows/log-in/log-in.ts';
import { type SignUpOutcome, signUp } from '../../flows/sign-up/sign-up.ts';
import { passwordPolicyOf, requiresUsername } from '../../records/connections/connections.ts';
import type { PageDeps } from './deps.ts';
import { finishLogin } from './finish-login.ts';
import { type LoginContext, loginContext } from './login-context.ts';
import { ruleViews, waitingTime } from './policy-view.ts';
import { formText, type Speech } from './render.ts';

/** `/u/signup`: a new account, and in. */
export function registerSignUpPages(app: FastifyInstance, deps: PageDeps): void {
  app.get('/u/signup', async (request, reply) => {
    const context = await loginContext(deps, request, reply);
    if (!context) return reply;
    if (!context.canSignUp) return reply.redirect(context.urls.login, 302);
    const email = context.interaction.params.login_hint ?? '';
    return showSignUp(deps, { request, reply, context, email, username: '' });
  });

  app.post('/u/signup', async (request, reply) => {
    const context = await loginContext(deps, request, reply);
    if (!context) return reply;
    if (context.organization && !context.canSignUp) return reply.redirect(context.urls.login, 303);
    const { connection, client, speech } = context;
    const email = formText(request, 'email').trim();
    const username = formText(request, 'username').trim();
    const password = formText(request, 'password');
    const shown = { request, reply, context, email, username };
    const wrong = problemOf(
      { email, password, repeat: repeatOf(request) },
      requiresUsername(connection) ? username : null,
    );
    if (wrong) return showSignUp(deps, { ...shown, problem: speech.say(`problem.${wrong}`) });

    const outcome = await signUp(deps, {
      connection,
      email,
      password,
      ip: request.ip,
      clientId: client.id,
      ...(requiresUsername(connection) && { username }),
    });
    if (outcome.kind !== 'created') {
      if (outcome.kind === 'throttled') reply.header('retry-after', outcome.retryAfterSeconds);
      const status = outcome.kind === 'throttled' ? 429 : 400;
      return showSignUp(deps, { ...shown, status, problem: refusalText(outcome, speech) });
    }
    await enter(deps, { user: outcome.user, ip: request.ip, clientId: client.id });
    return finishLogin(deps, request, reply, { context, user: outcome.user, amr: ['pwd'] });
  });
}

/** The second password, asked for only where there is no script to show the first; undefined: not asked. */
export function repeatOf(request: FastifyRequest): string | undefined {
  const { body } = request;
  return typeof body === 'object' && body !== null && 'repeat' in body
    ? formText(request, 'repeat')
    : undefined;
}

/** Has one @ with something on both sides, and nothing that no address has. */
export function looksLikeEmail(text: string): boolean {
  return text.length <= 320 && /^[^\s@\p{C}<>"]+@[^\s@\p{C}<>"]+$/u.test(text);
}

function problemOf(
  typed: { email: string; password: string; repeat: string | undefined },
  username: string | null,
): string | null {
  if (!looksLikeEmail(typed.email)) return 'email';
  if (username !== null && !/^[^\s@\p{C}]{1,128}$/u.test(username)) return 'username';
  if (typed.password === '') return 'password';
  return typed.repeat !== undefined && typed.repeat !== typed.password ? 'different' : null;
}

function refusalText(outcome: Exclude<SignUpOutcome, { kind: 'created' }>, speech: Speech): string {
  switch (outcome.kind) {
    case 'weak':
      return speech.say(`problem.${outcome.outcome.kind}`);
    case 'throttled':
      return speech.say('problem.throttled', {
        time: waitingTime(outcome.retryAfterSeconds, speech),
      });
    case 'disabled':
      return speech.say('problem.signUpDisabled');
    case 'exists':
      return speech.say('problem.exists');
  }
}

function showSignUp(
  { pages, csrf }: PageDeps,
  shown: {
    request: FastifyRequest;
    reply: FastifyReply;
    context: LoginContext;
    email: string;
    username: string;
    status?: number;
    problem?: string;
  },
): FastifyReply {
  const { request, reply, context, problem } = shown;
  const { connection, speech, urls, look } = context;
  return pages.send(reply, {
    template: 'sign-up',
    speech,
    status: shown.status ?? (problem === undefined ? 200 : 400),
    values: {
      ...look,
      title: speech.say('signUp.title'),
      csrf: csrf.token(request, reply),
      action: urls.signUp,
      loginUrl: urls.login,
      // Liquid takes '' for true.
      email: shown.email || null,
      username: shown.username,
      askUsername: requiresUsername(connection),
      rules: ruleViews(passwordPolicyOf(connection), speech),
      problem,
      focusPassword: shown.email !== '',
    },
  });
}
