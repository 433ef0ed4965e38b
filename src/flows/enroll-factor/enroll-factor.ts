import { randomBytes } from 'node:crypto';
import type { Clock } from '../../platform/clock/clock.ts';
import { hmacSha256, type Keys, sha256 } from '../../platform/crypto/crypto.ts';
import { type Db, transaction } from '../../platform/db/db.ts';
import { canonicalEmail } from '../../platform/email-address/email-address.ts';
import { textedPhoneNumber } from '../../platform/phone-number/phone-number.ts';
import { Refusal } from '../../platform/refusal/refusal.ts';
import type { Enqueue } from '../../platform/tasks/tasks.ts';
import { toBase32, totpUri } from '../../platform/totp/totp.ts';
import {
  type AuthenticationMethod,
  addRecoveryCode,
  adoptRecoveryCode,
  deleteMethod,
  deleteUnconfirmed,
  insertMethod,
  isSecondFactor,
  methodsOfUser,
  newRecoveryCode,
  setRecoveryCode,
} from '../../records/authentication-methods/authentication-methods.ts';
import { readFactorSettings } from '../../records/factor-settings/factor-settings.ts';
import type { Audit } from '../../records/logs/logs.ts';
import type { NewMessage } from '../../records/messages/messages.ts';
import { tenantSettings } from '../../records/settings/settings.ts';
import {
  findTicketBySecret,
  issueTicket,
  noteOnTicket,
  type Ticket,
  ticketState,
  useTicket,
} from '../../records/tickets/tickets.ts';
import { findUser, holdUsers, type User } from '../../records/users/users.ts';
import { noteEnrollment } from '../../steps/note-enrollment/note-enrollment.ts';
import { queueMail } from '../../steps/queue-mail/queue-mail.ts';
import { refuseProtected } from '../../steps/refuse-protected/refuse-protected.ts';

export type EnrollFactorDeps = {
  db: Db;
  clock: Clock;
  keys: Keys;
  enqueue: Enqueue;
  audit: Audit;
  /** An origin without a trailing slash. */
  publicUrl: string;
};

export type TotpSecret = { secret: string; uri: string };

/** The user who enrolls, for the tenant log. */
export type Enrolling = { user: User; clientId: string | null; ip: string };

const SECRET_BYTES = 20;

/**
 * Returns a secret for an authenticator application.
 * @param input.contextId yields the same secret every time, so that a page can be shown again; without it the secret is random
 */
export async function totpSecretFor(
  { db, keys, publicUrl }: Pick<EnrollFactorDeps, 'db' | 'keys' | 'publicUrl'>,
  input: { user: User; contextId?: string },
): Promise<TotpSecret> {
  const { user, contextId } = input;
  const bytes =
    contextId === undefined
      ? randomBytes(SECRET_BYTES)
      : hmacSha256(keys.ticket, `totp of ${user.id} in ${contextId}`).subarray(0, SECRET_BYTES);
  const secret = toBase32(bytes);
  const { friendlyName } = await tenantSettings(db);
  const issuer = friendlyName ?? new URL(publicUrl).hostname;
  const account = user.email ?? user.username ?? user.phoneNumber ?? user.id;
  return { secret, uri: totpUri({ secret, issuer, account }) };
}

export type Begun =
  | { kind: 'begun'; method: AuthenticationMethod; recoveryCode: string | null }
  /** Not a valid phone number or email address. */
  | { kind: 'unusable' }
  | { kind: 'gone' };

/** Begins to enroll a factor. It counts after its first right code. An earlier unfinished enrollment is deleted. */
export async function beginEnrollment(
  deps: EnrollFactorDeps,
  input: Enrolling & {
    factor:
      | { kind: 'totp'; secret: string }
      | { kind: 'phone'; number: string; preferred?: 'sms' | 'voice' | undefined }
      | { kind: 'email'; address: string };
    /** Whether the user gets a recovery code now. It counts as soon as the factor is confirmed. */
    withRecoveryCode?: boolean;
  },
): Promise<Begun> {
  const { db, clock, keys, audit } = deps;
  const { user, clientId, ip, factor } = input;
  const details = detailsOf(factor);
  if (details === null) return { kind: 'unusable' };
  const now = clock.now();
  const recoveryCode = input.withRecoveryCode === true ? await codeWithFactor(db, user.id) : null;
  const inserted = await transaction(db, async (tx) => {
    await deleteUnconfirmed(tx, { userId: user.id, kind: factor.kind });
    const method = {
      userId: user.id,
      kind: factor.kind,
      confirmed: false,
      ...details,
      recoveryCode: recoveryCode ?? undefined,
    };
    return insertMethod(tx, method, { key: keys.encryption, now });
  });
  if (inserted.kind !== 'inserted') return { kind: 'gone' };
  const event = { userId: user.id, userName: user.email, clientId, ip };
  audit.record({ ...event, type: 'gd_start_enroll', details: { factor: factor.kind } });
  return { kind: 'begun', method: inserted.method, recoveryCode };
}

function detailsOf(factor: Parameters<typeof beginEnrollment>[1]['factor']): Partial<{
  totpSecret: string;
  phoneNumber: string;
  preferred: 'sms' | 'voice';
  email: string;
}> | null {
  switch (factor.kind) {
    case 'totp':
      return { totpSecret: factor.secret };
    case 'phone': {
      const phoneNumber = textedPhoneNumber(factor.number);
      return phoneNumber === null ? null : { phoneNumber, preferred: factor.preferred ?? 'sms' };
    }
    case 'email': {
      const email = canonicalEmail(factor.address);
      return email === null ? null : { email };
    }
  }
}

/** Creates a recovery code with the first factor only. */
async function codeWithFactor(db: Db, userId: string): Promise<string | null> {
  const { factors } = await readFactorSettings(db);
  if (!factors['recovery-code']) return null;
  const { methods } = await methodsOfUser(db, userId);
  const has = (test: (authenticationMethod: AuthenticationMethod) => boolean) => methods.some(test);
  const isFirst = !has(
    (authenticationMethod) =>
      authenticationMethod.confirmed && isSecondFactor(authenticationMethod),
  );
  return isFirst || !has((authenticationMethod) => authenticationMethod.kind === 'recovery-code')
    ? newRecoveryCode()
    : null;
}

/**
 * Records that a factor is enrolled.
 * @returns the user's first recovery code, to be shown once, or `null` if the user has one or recovery codes are off
 */
export async function completeEnrollment(
  { db, clock, audit }: EnrollFactorDeps,
  { user, clientId, ip, factor, methodId }: Enrolling & { factor: string; methodId: string },
): Promise<string | null> {
  noteEnrollment({ audit }, { user, factor, clientId, ip });
  const whose = { userId: user.id, now: clock.now() };
  if (await adoptRecoveryCode(db, { ...whose, methodId })) return null;
  const { factors } = await readFactorSettings(db);
  if (!factors['recovery-code']) return null;
  const { methods } = await methodsOfUser(db, user.id);
  const others = methods.filter((method) => method.confirmed && isSecondFactor(method));
  // A recovery code from before the first factor may be a stranger's.
  return others.length === 1 ? setRecoveryCode(db, whose) : addRecoveryCode(db, whose);
}

/** The factor of a link, and whether users who already have one may enroll another. */
export type EnrollmentTicket = { factor: string | null; allowMultiple: boolean };

/**
 * Issues a one-time link to enroll a factor, valid for 5 days. Mails it if an address is given.
 * @throws Refusal `user_not_found` if the user was deleted in the meantime
 */
export async function issueEnrollmentTicket(
  { db, clock, keys, enqueue }: EnrollFactorDeps,
  input: EnrollmentTicket & { user: User; mailTo: string | null; locale: string | null },
): Promise<{ id: string; secret: string }> {
  const { user, mailTo, locale, factor, allowMultiple } = input;
  refuseProtected({ userId: user.id });
  const now = clock.now();
  return transaction(db, async (tx) => {
    if (!(await holdUsers(tx, [user.id])).has(user.id)) {
      throw new Refusal('user_not_found', 'The user does not exist.');
    }
    const issued = await issueTicket(tx, {
      kind: 'factor-enrollment',
      userId: user.id,
      email: mailTo,
      details: { factor, allowMultiple },
      ticketKey: keys.ticket,
      now,
    });
    if (mailTo !== null) {
      const message: NewMessage = {
        template: 'enrollment_email',
        recipient: mailTo,
        userId: user.id,
        ticketId: issued.id,
        data: locale === null ? null : { locale },
      };
      await queueMail(tx, enqueue, [message], now);
    }
    return { id: issued.id, secret: issued.secret };
  });
}

export type EnrollmentView =
  | ({ kind: 'open'; ticket: Ticket; user: User; challengeId: string | null } & EnrollmentTicket)
  | { kind: 'unknown' | 'used' | 'expired' | 'superseded' };

/** Returns the user and factor of a link. Changes nothing. */
export async function viewEnrollmentTicket(
  { db, clock }: EnrollFactorDeps,
  secret: string,
): Promise<EnrollmentView> {
  const ticket = await findTicketBySecret(db, sha256(secret));
  if (ticket?.kind !== 'factor-enrollment') return { kind: 'unknown' };
  const state = ticketState(ticket, clock.now());
  if (state !== 'open') return { kind: state };
  const user = await findUser(db, ticket.userId);
  if (!user || user.blocked) return { kind: 'unknown' };
  const { factor, allowMultiple, challengeId } = ticket.details;
  return {
    kind: 'open',
    ticket,
    user,
    factor: typeof factor === 'string' ? factor : null,
    allowMultiple: allowMultiple === true,
    challengeId: typeof challengeId === 'string' ? challengeId : null,
  };
}

/** Records which code was sent to the user of a link. */
export async function noteTicketChallenge(
  { db, clock }: EnrollFactorDeps,
  input: { ticketId: string; challengeId: string },
): Promise<void> {
  const { ticketId, challengeId } = input;
  await noteOnTicket(db, { id: ticketId, details: { challengeId }, now: clock.now() });
}

/** Consumes the link with which a method was enrolled. Returns `false` if another request was faster. The method is then deleted. */
export async function redeemEnrollmentTicket(
  { db, clock }: EnrollFactorDeps,
  input: { secret: string; userId: string; methodId: string },
): Promise<boolean> {
  return transaction(db, async (tx) => {
    const used = await useTicket(tx, {
      secretHash: sha256(input.secret),
      kind: 'factor-enrollment',
      now: clock.now(),
    });
    if (used === null) await deleteMethod(tx, { userId: input.userId, id: input.methodId });
    return used !== null;
  });
}
