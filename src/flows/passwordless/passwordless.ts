import type { Texter } from '../../outbound/sms/sms.ts';
import type { Clock } from '../../platform/clock/clock.ts';
import type { Keys } from '../../platform/crypto/crypto.ts';
import { type Db, transaction } from '../../platform/db/db.ts';
import type { Log } from '../../platform/log/log.ts';
import type { Enqueue } from '../../platform/tasks/tasks.ts';
import { renderTemplate } from '../../platform/templates/templates.ts';
import { type Connection, codeRulesOf } from '../../records/connections/connections.ts';
import type { Audit } from '../../records/logs/logs.ts';
import { queueMessages } from '../../records/messages/messages.ts';
import {
  newPasswordlessCode,
  passwordlessDigits,
  usePasswordlessCode,
} from '../../records/passwordless-codes/passwordless-codes.ts';
import {
  addressKey,
  countAttempt,
  secondsLeft,
  throttleKey,
} from '../../records/throttles/throttles.ts';
import {
  findUserByIdentifier,
  insertUser,
  recordLogin,
  type User,
  updateUser,
} from '../../records/users/users.ts';
import { DELIVER_ONCE, deliverMailTask } from '../deliver-mail/deliver-mail.task.ts';

export type PasswordlessDeps = {
  db: Db;
  clock: Clock;
  keys: Keys;
  log: Log;
  enqueue: Enqueue;
  audit: Audit;
  /** null: there is no way to reach phones. */
  texter(): Promise<Texter | null>;
};

export type PasswordlessInput = {
  /** Of strategy `email` or `sms`. */
  connection: Connection;
  /** An e-mail in lower case, or a phone number with its plus sign. */
  recipient: string;
  clientId: string;
  ip: string;
};

export type StartOutcome =
  | { kind: 'sent' }
  | { kind: 'throttled'; retryAfterSeconds: number }
  | { kind: 'failed'; problem: string };

export type CodeOutcome =
  | { kind: 'ok'; user: User }
  | { kind: 'wrong' }
  | { kind: 'throttled'; retryAfterSeconds: number }
  | { kind: 'blocked' };

const CODES_PER_RECIPIENT = 10;
const CODES_PER_ADDRESS = 50;
const TRIES_PER_ADDRESS = 100;
const HOUR_SECONDS = 3600;

/**
 * Sends a code to log in with. Says nothing about whether there is an account: where people can't sign up and have none, nothing
 * is sent, and the answer is the same.
 */
export async function startPasswordless(
  deps: PasswordlessDeps,
  input: PasswordlessInput & { language: string | null },
): Promise<StartOutcome> {
  const { db, clock } = deps;
  const { connection, recipient, clientId, ip } = input;
  const now = clock.now();
  for (const [key, most] of [
    [addressKey('passwordless-from', ip), CODES_PER_ADDRESS],
    [throttleKey('passwordless-to', recipient), CODES_PER_RECIPIENT],
  ] as const) {
    if ((await countAttempt(db, { key, windowSeconds: HOUR_SECONDS, now })) > most) {
      return {
        kind: 'throttled',
        retryAfterSeconds: Math.max(1, await secondsLeft(db, { key, now })),
      };
    }
  }
  const rules = codeRulesOf(connection);
  const known = await findUserByIdentifier(db, {
    connectionId: connection.id,
    identifier: recipient,
  });
  const isNobody = !known && !rules.signUp;
  const wanted = {
    connectionId: connection.id,
    recipient,
    clientId,
    ttlSeconds: rules.ttlSeconds,
    now,
  };
  return connection.strategy === 'email'
    ? mailCode(deps, wanted, { language: input.language, isNobody })
    : isNobody
      ? { kind: 'sent' }
      : textCode(deps, wanted, connection);
}

type Wanted = Parameters<typeof newPasswordlessCode>[1];

async function mailCode(
  { db, enqueue }: PasswordlessDeps,
  wanted: Wanted,
  { language, isNobody }: { language: string | null; isNobody: boolean },
): Promise<StartOutcome> {
  await transaction(db, async (tx) => {
    const code = await newPasswordlessCode(tx, wanted);
    // The digits are derived when the mail is written. A mail to nobody is only written down: it takes as long.
    const message = {
      template: 'passwordless_code',
      recipient: wanted.recipient,
      userId: null,
      data: {
        passwordlessId: code.id,
        ...(language !== null && { language }),
        ...(isNobody && { isNobody }),
      },
    };
    await queueMessages(tx, [message], wanted.now);
    await enqueue(tx, deliverMailTask, {}, DELIVER_ONCE);
  });
  return { kind: 'sent' };
}

async function textCode(
  { db, keys, log, texter }: PasswordlessDeps,
  wanted: Wanted,
  connection: Connection,
): Promise<StartOutcome> {
  const phone = await texter();
  if (phone === null)
    return { kind: 'failed', problem: 'There is no provider for phone messages.' };
  const code = await newPasswordlessCode(db, wanted);
  const rules = codeRulesOf(connection);
  const digits = passwordlessDigits(keys.ticket, code.id, rules.length);
  const template = rules.text.replaceAll('@@password@@', '{{ code }}');
  const rendered = renderTemplate(template, { code: digits, password: digits }, 'text');
  const text = rendered.kind === 'ok' ? rendered.text : `Your verification code is: ${digits}`;
  const outcome = await phone.send({ to: wanted.recipient, text, channel: 'sms' });
  if (outcome.kind === 'sent') return { kind: 'sent' };
  log.warn({ problem: outcome.problem }, 'a code to log in with was not sent');
  return outcome;
}

/** Logs in who has the code. Whoever comes for the first time gets an account. */
export async function logInWithCode(
  deps: PasswordlessDeps,
  input: PasswordlessInput & { digits: string },
): Promise<CodeOutcome> {
  const { db, clock, keys, audit } = deps;
  const { connection, recipient, clientId, ip, digits } = input;
  const now = clock.now();
  const key = addressKey('passwordless-tries-from', ip);
  if ((await countAttempt(db, { key, windowSeconds: HOUR_SECONDS, now })) > TRIES_PER_ADDRESS) {
    return {
      kind: 'throttled',
      retryAfterSeconds: Math.max(1, await secondsLeft(db, { key, now })),
    };
  }
  const rules = codeRulesOf(connection);
  const right =
    digits.length === rules.length &&
    (await usePasswordlessCode(db, {
      connectionId: connection.id,
      recipient,
      clientId,
      digits,
      key: keys.ticket,
      now,
    }));
  const event = { connectionId: connection.id, userName: recipient, clientId, ip };
  if (!right) {
    audit.record({ ...event, type: 'fp', description: 'Wrong verification code.' });
    return { kind: 'wrong' };
  }
  const user = await accountOf(deps, connection, recipient, rules.signUp, now);
  if (user === null) return { kind: 'wrong' };
  if (user.blocked) {
    audit.record({ ...event, type: 'f', userId: user.id, description: 'user is blocked' });
    return { kind: 'blocked' };
  }
  await recordLogin(db, { userId: user.id, ip, at: now });
  return { kind: 'ok', user };
}

async function accountOf(
  { db, audit }: PasswordlessDeps,
  connection: Connection,
  recipient: string,
  signUp: boolean,
  now: Date,
): Promise<User | null> {
  const key = { connectionId: connection.id, identifier: recipient };
  const byMail = connection.strategy === 'email';
  const known = await findUserByIdentifier(db, key);
  if (known) return verified(db, known, { byMail, recipient, now });
  if (!signUp) return null;
  const inserted = await insertUser(db, {
    connectionId: connection.id,
    provider: connection.strategy,
    ...(byMail
      ? { email: recipient, emailVerified: true }
      : { phoneNumber: recipient, phoneVerified: true }),
    now,
  });
  if (inserted.kind === 'inserted') {
    audit.record({
      type: 'ss',
      userId: inserted.user.id,
      userName: recipient,
      connectionId: connection.id,
    });
    return inserted.user;
  }
  return findUserByIdentifier(db, key);
}

/** Whoever has the code reads what is sent there. */
async function verified(
  db: Db,
  user: User,
  { byMail, recipient, now }: { byMail: boolean; recipient: string; now: Date },
): Promise<User> {
  const changes =
    byMail && user.email === recipient && !user.emailVerified
      ? { emailVerified: true }
      : !byMail && user.phoneNumber === recipient && user.phoneVerified !== true
        ? { phoneVerified: true }
        : null;
  if (changes === null) return user;
  const outcome = await updateUser(db, user.id, changes, now);
  return outcome.kind === 'updated' ? outcome.user : user;
}
