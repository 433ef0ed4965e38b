import type { Db } from '../../platform/db/db.ts';
import {
  acquireSlot,
  addressKey,
  countAttempt,
  countAttempts,
  knownNetworkKeys,
  secondsLeft,
  throttleKey,
  type Way,
} from '../../records/throttles/throttles.ts';

const WINDOW_SECONDS = 600;
const FROM_ADDRESS = 200;
const BY_STRANGERS = 10_000;
const BY_OTHERS = 100_000;
const WRONG_PASSWORDS = 100_000;

/**
 * Counts what an anonymous request is about to leave in the database, by kind: up to 200 per 10 minutes from one address, and 10,000 in
 * total, on all nodes together. A refused request leaves nothing. Networks with an earlier successful login have a total of their own, ten
 * times as high, so that strangers cannot lock everybody out.
 * @param input.kind such as `DeviceCode`
 * @param input.fromAddress maximum from one address, if not 200; `null` if something else limits it
 * @returns seconds to wait, or `0` if the request may go on
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
    ways: [...knownNetworkKeys(ip).map(way), way(null)],
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

/**
 * Key of a counter that runs while strangers have tried too many wrong passwords on any accounts. None of their passwords is checked
 * meanwhile.
 */
export const TOO_MANY_WRONG = throttleKey('traces-full', 'WrongPassword');

/**
 * Counts a stranger's wrong password: up to 100,000 per 10 minutes, over all accounts and addresses. That is far above the number of typing
 * errors. Right passwords do not count, so a busy first day stays below it.
 */
export async function countWrongPassword(db: Db, now: Date): Promise<void> {
  const key = throttleKey('traces', 'WrongPassword');
  const count = await countAttempt(db, { key, windowSeconds: WINDOW_SECONDS, now });
  if (count < WRONG_PASSWORDS) return;
  const seconds = Math.max(1, await secondsLeft(db, { key, now }));
  await acquireSlot(db, { key: TOO_MANY_WRONG, seconds, now });
}
