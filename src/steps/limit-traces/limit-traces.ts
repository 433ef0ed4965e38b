import type { Db } from '../../platform/db/db.ts';
import {
  addressKey,
  countAttempts,
  throttleKey,
  type Way,
} from '../../records/throttles/throttles.ts';

const WINDOW_SECONDS = 600;
const FROM_ADDRESS = 200;
const IN_ALL = 10_000;

/**
 * Counts what an anonymous request is about to leave in the database, by kind: two hundred in ten minutes from one address, and ten thousand
 * in all, on all nodes together. What is refused leaves nothing.
 * @param input.kind such as `DeviceCode`
 * @param input.fromAddress how many from one address, where two hundred are too many
 * @returns seconds to wait; 0: go on
 */
export async function countTrace(
  db: Db,
  input: { kind: string; ip: string; fromAddress?: number; now: Date },
): Promise<number> {
  const { kind, ip, fromAddress: most = FROM_ADDRESS, now } = input;
  const everyMs = (WINDOW_SECONDS * 1000) / most;
  const all = throttleKey('traces', kind);
  const way: Way = {
    place: null,
    counters: [{ key: all, windowSeconds: WINDOW_SECONDS }],
    fillsBucket: true,
    unless: [],
  };
  const bucket = { key: addressKey(`traces-from`, ip, kind), most, everyMs };
  const counted = await countAttempts(db, { account: null, ways: [way], bucket, now });
  if (counted.kind === 'held') return counted.seconds;
  return (counted.counts.get(all) ?? 0) > IN_ALL ? WINDOW_SECONDS : 0;
}
