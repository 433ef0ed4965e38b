import type { Db } from '../../platform/db/db.ts';
import type { Condition } from './search-fields.ts';

const KEPT_MS = 30_000;
const MOST_KEPT = 200;

const kept = new WeakMap<Db, Map<string, number>>();

/** Returns whether a count on this node exceeded its bound within the last half minute. Then the next pages need no new count. */
export function isKnownToBeMany(db: Db, where: Condition): boolean {
  const at = kept.get(db)?.get(keyOf(db, where));
  return at !== undefined && performance.now() - at < KEPT_MS;
}

/** Records that a count exceeded its bound. */
export function noteMany(db: Db, where: Condition): void {
  const searches = kept.get(db) ?? new Map<string, number>();
  kept.set(db, searches);
  if (searches.size >= MOST_KEPT) searches.clear();
  searches.set(keyOf(db, where), performance.now());
}

function keyOf(db: Db, where: Condition): string {
  const { sql, parameters } = where.compile(db);
  return JSON.stringify([sql, parameters]);
}
