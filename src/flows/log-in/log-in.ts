import { setTimeout } from 'node:timers/promises';
import type { Clock } from '../../platform/clock/clock.ts';
import type { Db } from '../../platform/db/db.ts';
import type { Log } from '../../platform/log/log.ts';
import {
  hashPassword,
  type StoredHash,
  verifyNothing,
  verifyPassword,
} from '../../platform/password-hash/password-hash.ts';
import { useArrival } from '../../records/arrivals/arrivals.ts';
import { type Connection, isConnectionEnabledFor } from '../../records/connections/connections.ts';
import { findPassword, replaceOutdated } from '../../records/passwords/passwords.ts';
import {
  addressKey,
  clearAttempts,
  countAttempt,
  forgiveAttempt,
  loginKeys,
  secondsLeft,
  takeTurn,
} from '../../records/throttles/throttles.ts';
import {
  findUser,
  findUserByIdentifier,
  recordLogin,
  type User,
} from '../../records/users/users.ts';

export type LogInDeps = { db: Db; clock: Clock; log: Log };

export type LogInInput = {
  connection: Connection;
  /** E-mail, username or phone number, as typed. */
  identifier: string;
  password: string;
  ip: string;
  clientId: string | null;
};

export type LogInOutcome =
  | { kind: 'ok'; user: User }
  | { kind: 'wrong' }
  | { kind: 'throttled'; retryAfterSeconds: number }
  /** Told only to who knows the password. */
  | { kind: 'blocked' };

// A hash that came with an import may take longer to verify than ours; its account must not be told by that.
const WRONG_TAKES_MS = 250;

const FREE_ATTEMPTS = 10;
const ACCOUNT_WINDOW_SECONDS = 24 * 3600;
const FIRST_PAUSE_SECONDS = 60;
const LONGEST_PAUSE_SECONDS = 3600;
const ATTEMPTS_PER_ADDRESS = 100;
const ADDRESS_WINDOW_SECONDS = 15 * 60;

/**
 * Checks an identifier and a password. An account that doesn't exist gets the answers of one that does, in the same time,
 * also when there were too many attempts.
 */
export async function logIn(deps: LogInDeps, input: LogInInput): Promise<LogInOutcome> {
  const { db, clock, log } = deps;
  const { connection, password, ip, clientId } = input;
  const keys = keysOf(input);
  const retryAfterSeconds = await countedTooMany(db, keys, clock.now());
  if (retryAfterSeconds > 0) {
    log.info({ clientId, connectionId: connection.id }, 'login throttled');
    return { kind: 'throttled', retryAfterSeconds };
  }

  const began = performance.now();
  const user = await findUserByIdentifier(db, {
    connectionId: connection.id,
    identifier: input.identifier,
  });
  // Also asked for nobody: one query less would tell.
  const stored = await findPassword(db, user?.id ?? '');
  const verdict = stored ? await verifyPassword(stored, password) : await nothing(password);
  if (!user || !stored || !verdict.matches) {
    await setTimeout(Math.max(0, WRONG_TAKES_MS - (performance.now() - began)));
    return { kind: 'wrong' };
  }
  if (user.blocked) {
    log.info({ userId: user.id, clientId }, 'login of a blocked user');
    return { kind: 'blocked' };
  }

  await clearAttempts(db, [keys.account, keys.pause]);
  await forgiveAttempt(db, keys.address);
  await enter(deps, { user, ip, clientId });
  if (verdict.outdated) await rehash(deps, { userId: user.id, before: stored, password });
  return { kind: 'ok', user };
}

/**
 * Logs in who has just set a password and comes back with the proof of it. The proof is used up.
 * @returns null when it is over, meant for another application or user store, or the user is blocked
 */
export async function logInArrived(
  deps: LogInDeps,
  input: { secret: string; clientId: string; ip: string },
): Promise<User | null> {
  const { clientId, ip, secret } = input;
  const userId = await useArrival(deps.db, { secret, clientId, now: deps.clock.now() });
  const user = userId === null ? null : await findUser(deps.db, userId);
  if (!user || user.blocked) return null;
  const { connectionId } = user;
  if (!(await isConnectionEnabledFor(deps.db, { connectionId, clientId }))) return null;
  await enter(deps, { user, ip, clientId });
  return user;
}

/** Notes that somebody, known to be who they say, comes in. */
export async function enter(
  { db, clock, log }: LogInDeps,
  { user, ip, clientId }: { user: User; ip: string; clientId: string | null },
): Promise<void> {
  await recordLogin(db, { userId: user.id, ip, at: clock.now() });
  log.info({ userId: user.id, clientId }, 'login');
}

type Keys = { account: string; pause: string; address: string };

function keysOf({ connection, identifier, ip }: LogInInput): Keys {
  return { ...loginKeys(connection.id, identifier), address: addressKey('login-from', ip) };
}

/**
 * Counts before anything is verified, so that many requests at once don't get more attempts than one after the other. After
 * ten, one attempt is let through at a time, each with twice the pause of the one before.
 * @returns seconds to wait; 0: go on
 */
async function countedTooMany(db: Db, keys: Keys, now: Date): Promise<number> {
  const pause = await secondsLeft(db, { key: keys.pause, now });
  if (pause > 0) return pause;
  const fromAddress = await countAttempt(db, {
    key: keys.address,
    windowSeconds: ADDRESS_WINDOW_SECONDS,
    now,
  });
  if (fromAddress > ATTEMPTS_PER_ADDRESS) {
    return Math.max(1, await secondsLeft(db, { key: keys.address, now }));
  }
  const attempts = await countAttempt(db, {
    key: keys.account,
    windowSeconds: ACCOUNT_WINDOW_SECONDS,
    now,
  });
  if (attempts < FREE_ATTEMPTS) return 0;
  const seconds = Math.min(
    FIRST_PAUSE_SECONDS * 2 ** (attempts - FREE_ATTEMPTS),
    LONGEST_PAUSE_SECONDS,
  );
  if (await takeTurn(db, { key: keys.pause, seconds, now })) return 0;
  return Math.max(1, await secondsLeft(db, { key: keys.pause, now }));
}

async function nothing(password: string) {
  await verifyNothing(password);
  return { matches: false, outdated: false };
}

/** A login never fails because the better hash could not be stored: the next one tries again. */
async function rehash(
  { db, clock, log }: LogInDeps,
  { userId, before, password }: { userId: string; before: StoredHash; password: string },
): Promise<void> {
  try {
    const phc = await hashPassword(password);
    await replaceOutdated(db, { userId, before, phc, at: clock.now() });
  } catch (error) {
    log.warn({ err: error, userId }, 'an outdated password hash was not replaced');
  }
}
