import type { FastifyReply, FastifyRequest } from 'fastify';
import { sendCode } from '../../../flows/prove-factor/prove-factor.ts';
import {
  awaitSecondFactor,
  type EnrollableFactor,
  methodsHere,
  noteAsked,
  noteSentChallenge,
  secondFactorFor,
} from '../../../flows/second-factor/second-factor.ts';
import type { MfaPage } from '../../../platform/page-paths/page-paths.ts';
import type { AuthenticationMethod } from '../../../records/authentication-methods/authentication-methods.ts';
import type { User } from '../../../records/users/users.ts';
import { browserSecret } from '../browser/browser.ts';
import type { PageDeps } from '../deps.ts';
import type { LoginContext } from './login-context.ts';
import { loginUrl } from './mfa-session.ts';
import { isBrowserRemembered } from './remembered-browser.ts';

const CHALLENGES: Partial<Record<AuthenticationMethod['kind'], MfaPage>> = {
  totp: 'mfa-otp-challenge',
  phone: 'mfa-sms-challenge',
  email: 'mfa-email-challenge',
  'webauthn-roaming': 'mfa-webauthn-roaming-challenge',
  'webauthn-platform': 'mfa-webauthn-platform-challenge',
  'recovery-code': 'mfa-recovery-code-challenge',
};

const ENROLLMENTS: Record<EnrollableFactor, MfaPage> = {
  otp: 'mfa-otp-enrollment',
  sms: 'mfa-sms-enrollment',
  email: 'mfa-email-enrollment',
  'webauthn-roaming': 'mfa-webauthn-roaming-enrollment',
  'webauthn-platform': 'mfa-webauthn-platform-enrollment',
};

/** Returns the page that asks for a method. */
export function challengePage(method: AuthenticationMethod): MfaPage {
  return CHALLENGES[method.kind] ?? 'mfa-login-options';
}

/** Returns the page that enrolls a factor. */
export function enrollmentPage(factor: EnrollableFactor): MfaPage {
  return ENROLLMENTS[factor];
}

/**
 * Redirects a user after the first factor to the second one, if one is needed. The user is not logged in until then.
 * @returns true if the reply has been sent
 */
export async function sentToSecondFactor(
  deps: PageDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  { context, user, amr }: { context: LoginContext; user: User; amr: string[] },
): Promise<boolean> {
  const { client, interaction } = context;
  const browser = browserSecret(deps, request);
  const login = {
    user,
    client,
    organizationId: context.organization?.id ?? null,
    acrValues: interaction.params.acr_values,
    overFactors: interaction.overFactors === true,
    asked: interaction.askedFactor,
    origin: { ip: request.ip, browser },
    amr,
  };
  const need = await secondFactorFor(deps, login);
  if (need.kind === 'none') return false;
  const mayBeSpared = need.kind === 'challenge' && need.mayBeSpared;
  if (mayBeSpared && (await isBrowserRemembered(deps, request, user))) return false;
  noteAsked(deps, login, need, request.ip);

  const enrolling = need.kind === 'enroll';
  const waiting = { interactionUid: interaction.uid, user, amr, enrolling };
  const pendingId = await awaitSecondFactor(deps, waiting);
  if (need.kind === 'enroll') {
    const [only, ...others] = need.factors;
    const page = only && others.length === 0 ? enrollmentPage(only) : 'mfa-begin-enroll-options';
    await reply.redirect(loginUrl(interaction, page), 303);
    return true;
  }
  const method = preferredMethod(methodsHere(deps, need.methods));
  const challengedUser = { user, clientId: client.id, ip: request.ip, browser };
  const more = await sendFirst(deps, pendingId, challengedUser, method);
  await reply.redirect(loginUrl(interaction, challengePage(method), more), 303);
  return true;
}

/** Returns the method used last. Before the first use, one that costs nothing and needs no network. */
function preferredMethod(methods: AuthenticationMethod[]): AuthenticationMethod {
  const order = ['webauthn-platform', 'webauthn-roaming', 'totp', 'phone', 'email'];
  const [first] = methods
    .filter((method) => method.kind !== 'recovery-code')
    .sort(
      (a, b) =>
        (b.lastAuthAt?.getTime() ?? 0) - (a.lastAuthAt?.getTime() ?? 0) ||
        order.indexOf(a.kind) - order.indexOf(b.kind),
    );
  if (first === undefined) throw new Error('There is no method to ask for.');
  return first;
}

/** Sends the code that the next page asks for. That page shows a failure. */
async function sendFirst(
  deps: PageDeps,
  pendingId: string,
  challengedUser: { user: User; clientId: string; ip: string; browser: string },
  method: AuthenticationMethod,
): Promise<string> {
  if (method.kind !== 'phone' && method.kind !== 'email') return '';
  const sent = await sendCode(deps, { ...challengedUser, method });
  if (sent.kind !== 'sent') return `&unsent=${sent.kind}`;
  await noteSentChallenge(deps, { pendingId, challengeId: sent.challengeId });
  return '';
}
