import { isIPv6 } from 'node:net';
import { sql } from 'kysely';
import { sha256 } from '../../platform/crypto/crypto.ts';
import type { Db } from '../../platform/db/db.ts';

/**
 * The key of a counter: what is counted, and for whom. Only a hash is kept, so that the table holds no addresses and no
 * key is long.
 */
export function throttleKey(what: string, ...whom: string[]): string {
  return `${what}:${sha256(JSON.stringify(whom)).toString('base64url')}`;
}

/** The key of a counter for a network address. IPv6 counts by /64, as that is what one subscriber is given (RFC 6177). */
export function addressKey(what: string, ip: string): string {
  const plain = ip.replace(/^::ffff:(?=\d+\.)/i, '');
  return throttleKey(what, isIPv6(plain) ? networkOf(plain) : plain);
}

/** The counters of wrong passwords for one name somebody logs in with, and of the pause that follows too many. */
export function loginKeys(connectionId: string, identifier: string) {
  const whom = identifier.trim().toLowerCase();
  return {
    account: throttleKey('login', connectionId, whom),
    pause: throttleKey('login-pause', connectionId, whom),
  };
}

/** Counters of wrong passwords under every name a person may log in with. */
export function loginKeysOf(person: {
  connectionId: string;
  email: string | null;
  username: string | null;
  phoneNumber: string | null;
}): string[] {
  return [person.email, person.username, person.phoneNumber].flatMap((name) =>
    name === null ? [] : Object.values(loginKeys(person.connectionId, name)),
  );
}

/**
 * Counts one attempt, on all nodes together, and returns how many there were in the window that began with the first.
 */
export async function countAttempt(
  db: Db,
  input: { key: string; windowSeconds: number; now: Date },
): Promise<number> {
  const { key, windowSeconds, now } = input;
  const { rows } = await sql<{ count: number }>`
    insert into throttles (key, count, window_ends) values (${key}, 1, ${after(now, windowSeconds)})
    on conflict (key) do update set
      count = case when throttles.window_ends <= ${now}::timestamptz then 1 else throttles.count + 1 end,
      window_ends = case when throttles.window_ends <= ${now}::timestamptz
        then excluded.window_ends else throttles.window_ends end
    returning count`.execute(db);
  return rows[0]?.count ?? 1;
}

/** Takes one attempt back: it turned out to be a good one. */
export async function forgiveAttempt(db: Db, key: string): Promise<void> {
  await sql`update throttles set count = count - 1 where key = ${key} and count > 0`.execute(db);
}

/** Seconds until the window of this counter ends, rounded up; 0 when there is none. */
export async function secondsLeft(db: Db, input: { key: string; now: Date }): Promise<number> {
  const { rows } = await sql<{ window_ends: Date }>`
    select window_ends from throttles where key = ${input.key}`.execute(db);
  const ends = rows[0]?.window_ends.getTime() ?? 0;
  return Math.max(0, Math.ceil((ends - input.now.getTime()) / 1000));
}

/** Takes the only turn of the next `seconds`. False: somebody has it. Of many at once exactly one gets it. */
export async function takeTurn(
  db: Db,
  input: { key: string; seconds: number; now: Date },
): Promise<boolean> {
  const { key, seconds, now } = input;
  const { rows } = await sql`
    insert into throttles (key, count, window_ends) values (${key}, 1, ${after(now, seconds)})
    on conflict (key) do update set window_ends = excluded.window_ends
      where throttles.window_ends <= ${now}::timestamptz
    returning key`.execute(db);
  return rows.length > 0;
}

export async function clearAttempts(db: Db, keys: string[]): Promise<void> {
  if (keys.length === 0) return;
  await sql`delete from throttles where key in (${sql.join(keys)})`.execute(db);
}

/** Forgets counters whose window ended, at most `limit` at once. Returns how many went. */
export async function deleteEndedThrottles(
  db: Db,
  input: { now: Date; limit: number },
): Promise<number> {
  const { rows } = await sql`delete from throttles where key in (
    select key from throttles where window_ends < ${input.now} order by window_ends limit ${input.limit})
    returning key`.execute(db);
  return rows.length;
}

function after(now: Date, seconds: number): Date {
  return new Date(now.getTime() + seconds * 1000);
}

function networkOf(ip: string): string {
  const [head = '', tail] = ip.split('%')[0]?.split('::') ?? [];
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const groups =
    tail === undefined
      ? left
      : [
          ...left,
          ...Array<string>(Math.max(0, 8 - left.length - right.length)).fill('0'),
          ...right,
        ];
  return groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':');
}
