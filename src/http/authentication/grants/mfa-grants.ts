import type { TokenEndpointGrantContext } from 'oidc-provider';
import { completeEnrollment } from '../../../flows/enroll-factor/enroll-factor.ts';
import {
  type Proof,
  proveWithCode,
  proveWithOtp,
  proveWithRecoveryCode,
} from '../../../flows/prove-factor/prove-factor.ts';
import {
  amrOfBoth,
  methodsOf,
  noteCompletedLogin,
  redeemMfaToken,
  usableMethods,
} from '../../../flows/second-factor/second-factor.ts';
import { epochSeconds } from '../../../platform/clock/clock.ts';
import type { AuthenticationMethod } from '../../../records/authentication-methods/authentication-methods.ts';
import { findOpenChallenge } from '../../../records/factor-challenges/factor-challenges.ts';
import {
  type MfaSubject,
  mayEnrollAt,
  mfaAudience,
  nameLogin,
  subjectOf,
} from '../tokens/tokens.ts';
import type { GrantDeps } from './grant-deps.ts';
import { issueTokens } from './issue-tokens.ts';
import { runScriptsOfGrant } from './scripted-grants.ts';
import { requireSecondFactor } from './second-factor-gate.ts';
import { addressOf } from './token-address.ts';
import { tokenError } from './token-error.ts';
import { field, requiredField } from './token-params.ts';

export const MFA_OTP = 'http://auth0.com/oauth/grant-type/mfa-otp';
export const MFA_OOB = 'http://auth0.com/oauth/grant-type/mfa-oob';
export const MFA_RECOVERY_CODE = 'http://auth0.com/oauth/grant-type/mfa-recovery-code';

/** Registers the grants that finish a login with a second factor, or confirm a new one. */
export function registerMfaGrants(deps: GrantDeps): void {
  const { provider } = deps;
  const register = (
    name: string,
    params: string[],
    prove: (attempt: Attempt) => Promise<Proved>,
  ): void => {
    provider.registerGrantType(name, (ctx) => exchange(deps, ctx, prove), ['mfa_token', ...params]);
  };
  register(MFA_OTP, ['otp'], (attempt) => byOtp(deps, attempt));
  register(MFA_OOB, ['oob_code', 'binding_code'], (attempt) => byCode(deps, attempt));
  register(MFA_RECOVERY_CODE, ['recovery_code'], (attempt) => byRecoveryCode(deps, attempt));
}

type Attempt = {
  ctx: TokenEndpointGrantContext;
  subject: MfaSubject;
  /** Confirmed methods whose factor is enabled. */
  usable: AuthenticationMethod[];
  /** Unconfirmed methods, if the user can confirm them here. */
  begun: AuthenticationMethod[];
  challengedUser: { user: MfaSubject['user']; clientId: string; ip: string };
};

type Proved = { proof: Proof; wrong: string; next?: string | undefined };

async function exchange(
  deps: GrantDeps,
  ctx: TokenEndpointGrantContext,
  prove: (attempt: Attempt) => Promise<Proved>,
): Promise<void> {
  const subject = await subjectFrom(deps, ctx);
  const { user, clientId, login } = subject;
  const usable = await usableMethods(deps, user.id);
  const mayEnroll = login === null ? subject.scopes.has('enroll') : mayEnrollAt(login, usable);
  const begun = mayEnroll
    ? (await methodsOf(deps, user.id)).filter(({ confirmed }) => !confirmed)
    : [];
  const ip = addressOf(ctx, deps.clients.recordOf(ctx.oidc.client));
  const attempt = { ctx, subject, usable, begun, challengedUser: { user, clientId, ip } };
  const { proof, wrong, next } = await prove(attempt);
  if (proof.kind !== 'ok') throw whyNot(proof, wrong);
  if (begun.some(({ id }) => id === proof.methodId)) {
    await completeEnrollment(deps, {
      ...attempt.challengedUser,
      factor: proof.amr,
      methodId: proof.methodId,
    });
  }
  if (login !== null && !(await redeemMfaToken(deps, login.token))) throw expired();
  const said = login?.context.gty;
  const gty = typeof said === 'string' ? said : 'password';
  const amr = amrOfBoth(firstFactorOf(login), proof.amr);
  const client = deps.clients.recordOf(ctx.oidc.client);
  if (login !== null) {
    const wanted = { scope: login.scope ?? undefined, audience: login.audience ?? undefined };
    await requireSecondFactor(deps, {
      ...wanted,
      user,
      client,
      gty,
      amr,
      session: nameLogin(ctx),
      ip,
    });
  }
  if (login !== null) {
    await runScriptsOfGrant(deps, ctx, {
      userId: user.id,
      protocol: 'oauth2-password',
      amr,
      authTime: epochSeconds(deps.clock.now()),
      audience: login.audience,
      scopes: login.scope?.split(' ') ?? [],
      organizationId: null,
      refreshTokenId: null,
    });
  }
  const tokens = await issueTokens(deps, ctx, {
    userId: user.id,
    scope: login === null ? [...subject.scopes].join(' ') : (login.scope ?? undefined),
    audience: login === null ? mfaAudience(`${deps.publicUrl}/`) : (login.audience ?? undefined),
    amr,
    gty,
  });
  if (login !== null) {
    await noteCompletedLogin(deps, { userId: user.id, origin: { ip, browser: null } });
  }
  ctx.body = { ...tokens, ...(next !== undefined && { recovery_code: next }) };
}

/** Returns the methods of the first factor. An access token for one's own factors does not tell them. */
function firstFactorOf(login: MfaSubject['login']): string[] {
  const amr = login?.context.amr;
  return Array.isArray(amr) ? amr.map(String) : ['pwd'];
}

async function subjectFrom(deps: GrantDeps, ctx: TokenEndpointGrantContext): Promise<MfaSubject> {
  const subject = await subjectOf(deps, requiredField(ctx, 'mfa_token'));
  if ('kind' in subject) {
    throw subject.kind === 'expired' ? expired() : invalid('Malformed mfa_token');
  }
  if (subject.clientId !== ctx.oidc.client.clientId) throw invalid('Malformed mfa_token');
  return subject;
}

async function byOtp(
  deps: GrantDeps,
  { ctx, usable, begun, challengedUser }: Attempt,
): Promise<Proved> {
  const code = requiredField(ctx, 'otp');
  const wrong = 'Invalid otp_code.';
  const fresh = begun.find(({ kind }) => kind === 'totp');
  const mine = usable.some(({ kind }) => kind === 'totp');
  if (fresh) {
    return {
      proof: await proveWithOtp(deps, { ...challengedUser, code, methodId: fresh.id }),
      wrong,
    };
  }
  return {
    proof: mine ? await proveWithOtp(deps, { ...challengedUser, code }) : { kind: 'wrong' },
    wrong,
  };
}

async function byCode(
  deps: GrantDeps,
  { ctx, usable, begun, challengedUser }: Attempt,
): Promise<Proved> {
  const of = { secret: requiredField(ctx, 'oob_code') };
  const code = field(ctx, 'binding_code');
  if (code === undefined) {
    const open = await findOpenChallenge(deps.db, {
      userId: challengedUser.user.id,
      of,
      now: deps.clock.now(),
    });
    if (open === null) return { proof: { kind: 'over' }, wrong: '' };
    throw pending();
  }
  const proof = await proveWithCode(deps, {
    ...challengedUser,
    of,
    code,
    accepts: ({ id }) =>
      [...usable, ...begun].some((authenticationMethod) => authenticationMethod.id === id),
  });
  return { proof, wrong: 'Invalid binding_code.' };
}

async function byRecoveryCode(
  deps: GrantDeps,
  { ctx, usable, challengedUser }: Attempt,
): Promise<Proved> {
  const code = requiredField(ctx, 'recovery_code');
  const wrong = 'MFA Authorization rejected.';
  if (!usable.some(({ kind }) => kind === 'recovery-code')) {
    return { proof: { kind: 'wrong' }, wrong };
  }
  const tried = await proveWithRecoveryCode(deps, { ...challengedUser, code });
  return { proof: tried, wrong, next: tried.next };
}

function whyNot(proof: Exclude<Proof, { kind: 'ok' }>, wrong: string): Error {
  switch (proof.kind) {
    case 'wrong':
      return invalid(wrong);
    case 'over':
      return invalid('Invalid or expired oob_code.');
    case 'throttled':
      return tokenError({
        status: 429,
        body: {
          error: 'too_many_attempts',
          error_description: 'Too many failed codes. Wait for some minutes before retrying.',
        },
        headers: { 'retry-after': String(proof.retryAfterSeconds) },
      });
  }
}

function invalid(description: string): Error {
  return tokenError({
    status: 403,
    body: { error: 'invalid_grant', error_description: description },
  });
}

function expired(): Error {
  return tokenError({
    status: 401,
    body: { error: 'expired_token', error_description: 'mfa_token is expired' },
  });
}

function pending(): Error {
  return tokenError({
    status: 400,
    body: {
      error: 'authorization_pending',
      error_description: 'Authorization pending: please repeat the request in a few seconds.',
    },
  });
}
