import type { FastifyReply, FastifyRequest } from 'fastify';
import {
  completeEnrollment,
  type EnrollmentView,
  redeemEnrollmentTicket,
} from '../../../flows/enroll-factor/enroll-factor.ts';
import {
  type EnrollableFactor,
  enrollableFactors,
  passSecondFactor,
  usableMethods,
} from '../../../flows/second-factor/second-factor.ts';
import type { PageDeps } from '../deps.ts';
import {
  loginSession,
  type MfaSession,
  onScreen,
  ticketSession,
} from '../finish-login/finish-login.ts';
import { doneUrl, queryText, sendDeadLink } from '../page/page.ts';
import { finishProved } from './mfa-finish.ts';
import { afterRecoveryCode, type Shown, showRecoveryCode } from './mfa-views.ts';

/** A user who can enroll a factor, with the possible factors. */
export type Enrolling = Shown & { session: MfaSession; factors: EnrollableFactor[] };

/** Auth0's screens. There is none for an email address. */
const SCREENS: Record<EnrollableFactor, string> = {
  otp: 'mfa-otp-enrollment-qr',
  sms: 'mfa-sms-enrollment',
  email: 'mfa-email-enrollment',
  'webauthn-roaming': 'mfa-webauthn-roaming-enrollment',
  'webauthn-platform': 'mfa-webauthn-platform-enrollment',
};

/** Auth0's names of factors in links. */
const FACTORS: Record<string, EnrollableFactor> = {
  otp: 'otp',
  phone: 'sms',
  email: 'email',
  'webauthn-roaming': 'webauthn-roaming',
  'webauthn-platform': 'webauthn-platform',
};

/**
 * Returns a user who can enroll a factor here: at a login that needs one without an enrolled factor, or with a link.
 * @param factor the page's factor
 * @returns null if there is none or the factor is not available; the reply has then been sent
 */
export async function arriveToEnroll(
  deps: PageDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  factor?: EnrollableFactor,
): Promise<Enrolling | null> {
  const at =
    queryText(request, 'ticket') === undefined
      ? await fromLogin(deps, request, reply)
      : await fromTicket(deps, request, reply);
  if (!at) return null;
  if (factor === undefined) return onScreen(at, 'mfa-begin-enroll-options');
  if (at.factors.includes(factor)) return onScreen(at, SCREENS[factor]);
  await reply.redirect(at.session.urlOf('mfa-begin-enroll-options'), 303);
  return null;
}

async function fromLogin(
  deps: PageDeps,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<Enrolling | null> {
  const session = await loginSession(deps, request, reply);
  if (!session) return null;
  const { pending, context, user } = session;
  if (pending.secondAmr !== null) {
    await reply.redirect(session.urlOf('mfa-recovery-code-enrollment'), 303);
    return null;
  }
  const factors = await enrollableFactors(deps, user.id);
  // A user who has a factor by now must pass it: a password alone must not add another.
  const hasOne = !pending.amr.includes('mfa') && (await usableMethods(deps, user.id)).length > 0;
  if (!pending.enrolling || hasOne || factors.length === 0) {
    await reply.redirect(context.urls.login, 303);
    return null;
  }
  return { request, reply, session, factors };
}

async function fromTicket(
  deps: PageDeps,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<Enrolling | null> {
  const session = await ticketSession(deps, request);
  if (session.kind !== 'ticket') {
    await showDead(deps, request, reply, session.kind);
    return null;
  }
  const only = session.factor === null ? undefined : FACTORS[session.factor];
  const all = await enrollableFactors(deps, null);
  const factors =
    session.factor === null ? all : all.filter((enrollableFactor) => enrollableFactor === only);
  const hasOne = (await usableMethods(deps, session.user.id)).length > 0;
  if (factors.length === 0 || (hasOne && !session.allowMultiple)) {
    await showDead(deps, request, reply, hasOne ? 'enrolled' : 'none');
    return null;
  }
  return { request, reply, session, factors };
}

/** Continues after the first correct code: shows a recovery code, then returns to the application. */
export async function completed(
  deps: PageDeps,
  at: Enrolling,
  done: { factor: EnrollableFactor; amr: string; methodId: string },
): Promise<FastifyReply> {
  const { session, request, reply } = at;
  const { user, clientId } = session;
  const { factor, methodId } = done;
  if (session.kind === 'ticket') {
    const redeemed = { secret: session.secret, userId: user.id, methodId };
    if (!(await redeemEnrollmentTicket(deps, redeemed))) {
      return showDead(deps, request, reply, 'used');
    }
    await deps.proofs.take(request, reply, { userId: user.id, handoff: null });
  }
  if (session.kind === 'login') {
    const passed = { pendingId: session.pending.id, secondAmr: done.amr };
    if (!(await passSecondFactor(deps, passed))) {
      return reply.redirect(session.context.urls.login, 303);
    }
  }
  const event = { user, clientId, ip: request.ip, factor, methodId };
  const recoveryCode = await completeEnrollment(deps, event);
  if (recoveryCode !== null) {
    const onward = afterRecoveryCode(session);
    return showRecoveryCode(deps, at, { code: recoveryCode, onward });
  }
  return session.kind === 'login'
    ? finishProved(deps, request, reply, session)
    : reply.redirect(doneUrl('mfa', session.translator.lang), 303);
}

type Dead = Exclude<EnrollmentView['kind'], 'open'> | 'enrolled' | 'none';

/** Shows the page for a link that does not work. */
function showDead(
  { pages }: PageDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  kind: Dead,
): Promise<FastifyReply> {
  const translator = pages.translator(request).of('mfa-enroll-result');
  return sendDeadLink(pages, reply, { translator, texts: `mfa.dead.${kind}` });
}
