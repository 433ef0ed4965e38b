import type { Db } from '../../platform/db/db.ts';
import {
  addressKey,
  countAttempt,
  countAttempts,
  entranceKeys,
  secondsLeft,
  takeTurn,
  throttleKey,
  type Way,
} from '../../records/throttles/throttles.ts';

const WINDOW_SECONDS = 600;
const FROM_ADDRESS = 200;
const BY_STRANGERS = 10_000;
const BY_OTHERS = 100_000;
const WRONG_PASSWORDS = 100_000;

/**
 * Counts what an anonymous request is about to leave in the database, by kind: two hundred in ten minutes from one address, and ten thousand
 * in all, on all nodes together. What is refused leaves nothing. Networks from which somebody has got in before have a total of their own, ten
 * times that of strangers, so that strangers who use theirs up don't shut everybody out.
 * @param input.kind such as `DeviceCode`
 * @param input.fromAddress how many from one address, where two hundred are too many; null: something else bounds that
 * @returns seconds to wait; 0: go on
 */
export async function countTrace(
  db: Db,
  input: { kind: string; ip: string; fromAddress?: number | null; now: Date },
): Promise<number> {
  const { kind, ip, fromAddress: most = FROM_ADDRESS, now } = input;
  const by = {
    strangers: { key: throttleKey('traces', kind), windowSeconds: WINDOW_SECONDS },
    others: { key: throttleKey('traces-known', kind), windowSeconds: WINDOW_SECONDS },
  };
  const way = (place: string | null): Way => ({
    place,
    counters: [place === null ? by.strangers : by.others],
    fillsBucket: true,
    unless: [],
  });
  const counted = await countAttempts(db, {
    account: null,
    ways: [...entranceKeys(ip).map(way), way(null)],
    bucket:
      most === null
        ? null
        : {
            key: addressKey('traces-from', ip, kind),
            most,
            everyMs: (WINDOW_SECONDS * 1000) / most,
          },
    now,
  });
  if (counted.kind === 'held') return counted.seconds;
  const [strangers, others] = [by.strangers, by.others].map(({ key }) => counted.counts.get(key));
  const isOver = (strangers ?? 0) > BY_STRANGERS || (others ?? 0) > BY_OTHERS;
  return isOver ? WINDOW_SECONDS : 0;
}

/** A counter that runs while strangers have tried too many wrong passwords, of whomever: none of theirs is looked at meanwhile. */
export const TOO_MANY_WRONG = throttleKey('traces-full', 'WrongPassword');

/**
 * Counts a stranger's wrong password: a hundred thousand in ten minutes, of all accounts and from all addresses. That is far more than people
 * mistype, and right ones cost nothing, so that a busy first day stays below it.
 */
export async function countWrongPassword(db: Db, now: Date): Promise<void> {
  const key = throttleKey('traces', 'WrongPassword');
  const count = await countAttempt(db, { key, windowSeconds: WINDOW_SECONDS, now });
  if (count < WRONG_PASSWORDS) return;
  const seconds = Math.max(1, await secondsLeft(db, { key, now }));
  await takeTurn(db, { key: TOO_MANY_WRONG, seconds, now });
}
