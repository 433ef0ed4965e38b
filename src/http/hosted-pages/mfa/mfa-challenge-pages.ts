import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import {
  type Proof,
  proveWithCode,
  proveWithOtp,
  proveWithRecoveryCode,
  sendCode,
} from '../../../flows/prove-factor/prove-factor.ts';
import {
  asksForMultiFactor,
  methodsHere,
  passSecondFactor,
  type UsableMethod,
  usableMethods,
} from '../../../flows/second-factor/second-factor.ts';
import { type MfaPage, mfaPath } from '../../../platform/page-paths/page-paths.ts';
import { findOpenChallenge } from '../../../records/factor-challenges/factor-challenges.ts';
import { browserSecret, keepBrowserSecret } from '../browser/browser.ts';
import type { PageDeps } from '../deps.ts';
import {
  challengePage,
  type LoginSession,
  loginSession,
  onScreen,
  rememberBrowser,
} from '../finish-login/finish-login.ts';
import { formText } from '../page/page.ts';
import { finishProved } from './mfa-finish.ts';
import {
  afterRecoveryCode,
  hinted,
  problemText,
  type Shown,
  showChoices,
  showCodeForm,
  showRecoveryCode,
  unsentText,
} from './mfa-views.ts';

type Challenge = 'otp' | 'sms' | 'email' | 'recovery-code';

const KINDS: Record<Challenge, UsableMethod['kind']> = {
  otp: 'totp',
  sms: 'phone',
  email: 'email',
  'recovery-code': 'recovery-code',
};

/** Registers `/u/mfa-…-challenge` and `/u/mfa-login-options`, which ask an enrolled user for the second factor. */
export function registerMfaChallengePages(app: FastifyInstance, deps: PageDeps): void {
  for (const challenge of ['otp', 'sms', 'email', 'recovery-code'] as const) {
    const screen = `mfa-${challenge}-challenge` as const;
    const path = mfaPath(screen);
    app.get(path, async (request, reply) => {
      const at = await arrive(deps, request, reply, screen);
      if (!at) return reply;
      return showChallenge(deps, { ...at, challenge, problem: unsentText(request, at.session) });
    });
    app.post(path, async (request, reply) => {
      const at = await arrive(deps, request, reply, screen);
      if (!at) return reply;
      return formText(request, 'action') === 'resend'
        ? resend(deps, at, challenge)
        : tryCode(deps, at, challenge);
    });
  }

  app.get(mfaPath('mfa-login-options'), async (request, reply) => {
    const at = await arrive(deps, request, reply, 'mfa-login-options');
    if (!at) return reply;
    return showOptions(deps, at);
  });
  app.post(mfaPath('mfa-login-options'), async (request, reply) => {
    const at = await arrive(deps, request, reply, 'mfa-login-options');
    if (!at) return reply;
    const chosen = at.methods.find(({ id }) => id === formText(request, 'method'));
    if (!chosen) return showOptions(deps, at);
    const more = await sendTo(deps, at, chosen);
    return reply.redirect(at.session.urlOf(challengePage(chosen), more), 303);
  });
}

export type At = Shown & { session: LoginSession; methods: UsableMethod[] };

/** Returns the waiting user with the methods, or `null` if there is none and the reply has been sent. */
export async function arrive(
  deps: PageDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  screen: string,
): Promise<At | null> {
  const session = await loginSession(deps, request, reply);
  if (!session) return null;
  if (session.pending.secondAmr !== null) {
    await reply.redirect(session.urlOf('mfa-recovery-code-enrollment'), 303);
    return null;
  }
  const methods = methodsHere(deps, await usableMethods(deps, session.user.id));
  if (methods.length > 0) return onScreen({ request, reply, session, methods }, screen);
  // The methods were removed or switched off while the page was open.
  await reply.redirect(session.context.urls.login, 303);
  return null;
}

async function tryCode(deps: PageDeps, at: At, challenge: Challenge): Promise<FastifyReply> {
  const { request, reply, session, methods } = at;
  const { user, clientId } = session;
  const browser = browserSecret(deps, request);
  const challengedUser = { user, clientId, ip: request.ip, browser };
  const code = formText(request, 'code').slice(0, 64);
  const tried = await prove();
  if (tried.kind !== 'ok') {
    const status = tried.kind === 'throttled' ? 429 : 400;
    return showChallenge(deps, { ...at, challenge, status, problem: problemText(session, tried) });
  }
  keepBrowserSecret(deps, reply, browser);
  const passed = { pendingId: session.pending.id, secondAmr: tried.amr };
  if (!(await passSecondFactor(deps, passed))) {
    return reply.redirect(session.context.urls.login, 303);
  }
  if (formText(request, 'remember') === 'yes') {
    await rememberBrowser(deps, request, reply, session.user);
  }
  return tried.next === undefined
    ? finishProved(deps, request, reply, session)
    : showRecoveryCode(deps, at, {
        code: tried.next,
        screen: 'mfa-recovery-code-challenge-new-code',
        onward: afterRecoveryCode(session),
      });

  async function prove(): Promise<Proof & { next?: string }> {
    if (!methods.some((method) => method.kind === KINDS[challenge])) return { kind: 'wrong' };
    if (challenge === 'otp') return proveWithOtp(deps, { ...challengedUser, code });
    if (challenge === 'recovery-code')
      return proveWithRecoveryCode(deps, { ...challengedUser, code });
    if (session.challengeId === null) return { kind: 'over' };
    return proveWithCode(deps, {
      ...challengedUser,
      of: { id: session.challengeId },
      code,
      accepts: (method) => methods.some((candidate) => candidate.id === method.id),
    });
  }
}

async function resend(deps: PageDeps, at: At, challenge: Challenge): Promise<FastifyReply> {
  const { reply, session } = at;
  const method = await methodOf(deps, at, challenge);
  const more = method ? await sendTo(deps, at, method) : '';
  const page: MfaPage = method ? challengePage(method) : 'mfa-login-options';
  return reply.redirect(session.urlOf(page, more), 303);
}

/** Sends a code if the method needs one. @returns the failure that the next page shows */
async function sendTo(
  deps: PageDeps,
  { request, session }: At,
  method: UsableMethod,
): Promise<string> {
  if (method.kind !== 'phone' && method.kind !== 'email') return '';
  const { user, clientId } = session;
  const browser = browserSecret(deps, request);
  const sent = await sendCode(deps, { user, clientId, ip: request.ip, browser, method });
  if (sent.kind !== 'sent') return `&unsent=${sent.kind}`;
  await session.noteChallenge(sent.challengeId);
  return '';
}

/** Returns the page's method: the one that received a code, otherwise the first of its kind. */
async function methodOf(
  deps: PageDeps,
  at: At,
  challenge: Challenge,
): Promise<UsableMethod | undefined> {
  const { session, methods } = at;
  const ofKind = methods.filter((method) => method.kind === KINDS[challenge]);
  const open =
    session.challengeId === null
      ? null
      : await findOpenChallenge(deps.db, {
          userId: session.user.id,
          of: { id: session.challengeId },
          now: deps.clock.now(),
        });
  return (
    ofKind.find((authenticationMethod) => authenticationMethod.id === open?.methodId) ?? ofKind[0]
  );
}

async function showChallenge(
  deps: PageDeps,
  at: At & { challenge: Challenge },
): Promise<FastifyReply> {
  const { session, methods, challenge } = at;
  const { say } = session.translator;
  const method = await methodOf(deps, at, challenge);
  if (!method) return at.reply.redirect(session.urlOf('mfa-login-options'), 303);
  const isSent = challenge === 'sms' || challenge === 'email';
  const isRecovery = challenge === 'recovery-code';
  const page = challengePage(method);
  return showCodeForm(deps, at, {
    title: say(`mfa.${challenge}.title`),
    lead: say(`mfa.${challenge}.ask`, { to: hinted(method) }),
    action: session.urlOf(page),
    ...(isRecovery && { label: say('mfa.recovery.title'), letters: true }),
    resend: isSent ? say('mfa.resend') : null,
    remember: !isRecovery && !asksForMultiFactor(session.context.interaction.params.acr_values),
    links:
      methods.length > 1
        ? [{ url: session.urlOf('mfa-login-options'), text: say('mfa.otherMethod') }]
        : [],
  });
}

function showOptions(deps: PageDeps, at: At): Promise<FastifyReply> {
  const { session, methods } = at;
  const { say } = session.translator;
  return showChoices(deps, at, {
    title: say('mfa.options.title'),
    lead: say('mfa.options.lead'),
    action: session.urlOf('mfa-login-options'),
    name: 'method',
    // The recovery code comes last.
    choices: methods.toSorted(byUse).map((method) => ({
      value: method.id,
      text: say(`mfa.method.${method.kind}`),
      note:
        method.kind === 'phone' || method.kind === 'email' ? hinted(method) : (method.name ?? null),
    })),
  });
}

function byUse(a: UsableMethod, b: UsableMethod): number {
  return Number(a.kind === 'recovery-code') - Number(b.kind === 'recovery-code');
}
