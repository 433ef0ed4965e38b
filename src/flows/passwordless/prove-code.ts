import { readTypedCode } from '../../platform/typed-code/typed-code.ts';
import { type Connection, codeRulesOf } from '../../records/connections/connections.ts';
import { usePasswordlessCode } from '../../records/passwordless-codes/passwordless-codes.ts';
import { addressKey, GUESS_COUNTERS } from '../../records/throttles/throttles.ts';
import { addressBucket, countGuess } from '../../steps/limit-guesses/limit-guesses.ts';
import { countTrace } from '../../steps/limit-traces/limit-traces.ts';
import type { PasswordlessDeps } from './send-secret.ts';

export type PasswordlessInput = {
  /** A connection of strategy `email` or `sms`. */
  connection: Connection;
  /** An email address in lower case, or a phone number with its plus sign. */
  recipient: string;
  /** `null`: an invitation without an application. */
  clientId: string | null;
  /** The login to an organization, or `null`. */
  organizationId: string | null;
  ip: string;
};

/** Whether a code proves the address or number now. */
export type ProvedCode =
  | { kind: 'proved' }
  | { kind: 'wrong' }
  | { kind: 'throttled'; retryAfterSeconds: number };

/** Stands for the application of a code that belongs to none. */
export const NO_CLIENT = '';

/** Returns the key of the address from which a code is requested. */
export function askedFrom(ip: string): string {
  return addressKey('passwordless-asked', ip);
}

/** Uses up a code. Every way in with a code asks here: its guesses have one limit. Of any number of requests at once, one is `proved`. */
export async function proveCode(
  { db, clock, keys, audit }: Pick<PasswordlessDeps, 'db' | 'clock' | 'keys' | 'audit'>,
  input: PasswordlessInput & { digits: string },
): Promise<ProvedCode> {
  const { connection, recipient, clientId, ip } = input;
  const digits = readTypedCode(input.digits);
  const now = clock.now();
  const trace = await countTrace(db, { kind: 'PasswordlessTry', ip, now });
  if (trace > 0) return { kind: 'throttled', retryAfterSeconds: trace };
  const counted = await countGuess(db, {
    what: GUESS_COUNTERS.code,
    whom: { connectionId: connection.id, identifier: recipient },
    origin: { ip, browser: null },
    bucket: await addressBucket(db, ip),
    now,
  });
  const event = { connectionId: connection.id, userName: recipient, clientId, ip };
  if (counted.kind === 'refused') {
    const { key: repeats, retryAfterSeconds } = counted;
    audit.record({ ...event, type: 'limit_sul', description: 'Too many wrong codes.', repeats });
    return { kind: 'throttled', retryAfterSeconds };
  }
  const right =
    digits.length === codeRulesOf(connection).length &&
    (await usePasswordlessCode(db, {
      connectionId: connection.id,
      recipient,
      clientId: clientId ?? NO_CLIENT,
      digits,
      askedFrom: askedFrom(ip),
      key: keys.ticket,
      now,
    }));
  if (!right) {
    audit.record({ ...event, type: 'fp', description: 'Wrong verification code.' });
    return { kind: 'wrong' };
  }
  await counted.forgive();
  return { kind: 'proved' };
}
