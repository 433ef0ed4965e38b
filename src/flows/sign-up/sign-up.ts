import type { Clock } from '../../platform/clock/clock.ts';
import type { Keys } from '../../platform/crypto/crypto.ts';
import { type Db, transaction } from '../../platform/db/db.ts';
import type { Enqueue } from '../../platform/tasks/tasks.ts';
import { attackProtection, isListed } from '../../records/attack-protection/attack-protection.ts';
import { findClient } from '../../records/clients/clients.ts';
import {
  type Connection,
  holdConnection,
  isSignupEnabled,
} from '../../records/connections/connections.ts';
import { linkSettings } from '../../records/email-templates/email-templates.ts';
import type { Audit } from '../../records/logs/logs.ts';
import { queueMessages } from '../../records/messages/messages.ts';
import { addressKey, countAttempts, secondsLeft } from '../../records/throttles/throttles.ts';
import { issueTicket } from '../../records/tickets/tickets.ts';
import { insertUser, type User } from '../../records/users/users.ts';
import {
  judgePassword,
  PASSWORD_REFUSALS,
  type RefusedPassword,
  storeFirstPassword,
} from '../../steps/choose-password/choose-password.ts';
import { DELIVER_ONCE, deliverMailTask } from '../deliver-mail/deliver-mail.task.ts';

export type SignUpDeps = { db: Db; clock: Clock; keys: Keys; enqueue: Enqueue; audit: Audit };

export type SignUpInput = {
  connection: Connection;
  /** null where people sign up without. */
  email: string | null;
  password: string;
  ip: string;
  clientId?: string | null;
  username?: string | null;
  phoneNumber?: string | null;
  name?: string | null;
  givenName?: string | null;
  familyName?: string | null;
  nickname?: string | null;
  picture?: string | null;
  userMetadata?: Record<string, unknown> | null;
  /** Follows an invitation to this address: may sign up where nobody else may, and accepting it confirms the address. */
  isInvited?: boolean;
};

export type SignUpOutcome =
  | { kind: 'created'; user: User }
  | { kind: 'exists' }
  | { kind: 'refused'; why: RefusedPassword }
  | { kind: 'disabled' }
  | { kind: 'throttled'; retryAfterSeconds: number };

const SIGN_UPS_PER_ADDRESS = 100;
const WINDOW_SECONDS = 3600;

/**
 * Creates an account with a password and mails a link that verifies the address. `exists` takes the time of `created`; the
 * caller decides what to say.
 */
export async function signUp(deps: SignUpDeps, input: SignUpInput): Promise<SignUpOutcome> {
  const outcome = await tryToSignUp(deps, input);
  const created = outcome.kind === 'created';
  deps.audit.record({
    type: created ? 'ss' : outcome.kind === 'throttled' ? 'limit_mu' : 'fs',
    ...(!created && { description: whyNot(outcome) }),
    userId: created ? outcome.user.id : null,
    userName: input.email ?? input.username ?? input.phoneNumber ?? null,
    connectionId: input.connection.id,
    clientId: input.clientId ?? null,
    ip: input.ip,
    // Nothing else counts these.
    ...((outcome.kind === 'throttled' || outcome.kind === 'disabled') && {
      repeats: `sign-up ${outcome.kind} ${input.connection.id} ${input.ip}`,
    }),
  });
  return outcome;
}

function whyNot(outcome: Exclude<SignUpOutcome, { kind: 'created' }>): string {
  return outcome.kind === 'refused'
    ? PASSWORD_REFUSALS[outcome.why.kind][1]
    : WHY_NOT[outcome.kind];
}

const WHY_NOT: Record<Exclude<SignUpOutcome['kind'], 'created' | 'refused'>, string> = {
  exists: 'The user already exists.',
  disabled: 'Public signup is disabled',
  throttled: 'An IP address is blocked because of too many sign-ups.',
};

async function tryToSignUp(deps: SignUpDeps, input: SignUpInput): Promise<SignUpOutcome> {
  const { db, clock, keys, enqueue } = deps;
  const { connection, ip, password, isInvited = false, ...profile } = input;
  if (!isSignupEnabled(connection) && !isInvited) return { kind: 'disabled' };

  const retryAfterSeconds = await tooManyFrom(db, ip, clock.now());
  if (retryAfterSeconds > 0) return { kind: 'throttled', retryAfterSeconds };

  const clientId = input.clientId ?? null;
  const judged = await judgePassword(deps, {
    connection,
    accountId: null,
    about: profile,
    password,
    clientId,
    ip,
  });
  if (judged.kind === 'refused') return { kind: 'refused', why: judged.why };

  const client = clientId === null ? null : await findClient(db, clientId);
  const link = await linkSettings(db, 'verify_email', client);
  return transaction(db, async (tx): Promise<SignUpOutcome> => {
    const at = clock.now();
    if (!(await holdConnection(tx, connection.id))) return { kind: 'disabled' };
    const inserted = await insertUser(tx, {
      ...profile,
      connectionId: connection.id,
      isUnproven: !isInvited,
      now: at,
    });
    if (inserted.kind === 'duplicate') return { kind: 'exists' };
    const { user } = inserted;
    await storeFirstPassword(tx, { userId: user.id, chosen: judged.chosen, at });
    if (user.email !== null && !isInvited) {
      const ticket = await issueTicket(tx, {
        ...link,
        kind: 'email-verification',
        userId: user.id,
        email: user.email,
        clientId,
        ticketKey: keys.ticket,
        now: at,
      });
      await queueMessages(
        tx,
        [{ template: 'verify_email', recipient: user.email, userId: user.id, ticketId: ticket.id }],
        at,
      );
      await enqueue(tx, deliverMailTask, {}, DELIVER_ONCE);
    }
    return { kind: 'created', user };
  });
}

/** Seconds to wait; 0: go on. An hour's limit besides the pace that operators set: made-up accounts cost mails. */
async function tooManyFrom(db: Db, ip: string, now: Date): Promise<number> {
  const { enabled, shields, allowlist, preUserRegistration } = (await attackProtection(db))
    .suspiciousIp;
  if (!enabled || !shields.includes('block') || isListed(ip, allowlist)) return 0;
  const { maxAttempts, rate } = preUserRegistration;
  const hour = addressKey('sign-up-hour', ip);
  const counter = { key: hour, windowSeconds: WINDOW_SECONDS };
  const counted = await countAttempts(db, {
    account: null,
    ways: [{ place: null, counters: [counter], fillsBucket: true, unless: [] }],
    bucket: { key: addressKey('sign-up-from', ip), most: maxAttempts, everyMs: rate },
    now,
  });
  if (counted.kind === 'held') return counted.seconds;
  const most = Math.max(SIGN_UPS_PER_ADDRESS, maxAttempts);
  if ((counted.counts.get(hour) ?? 0) <= most) return 0;
  return Math.max(1, await secondsLeft(db, { key: hour, now }));
}
