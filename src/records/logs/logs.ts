import type { Db } from '../../platform/db/db.ts';
import { type BufferedNotes, bufferNotes, type NotesDeps } from './buffer-notes.ts';
import type { Audit } from './log-event.ts';
import type { LogEntry } from './log-row.ts';
import { type Prepared, prepareLogQuery, prepareLogSearch } from './log-search.ts';
import {
  countDays,
  countPeopleSince,
  type Day,
  entriesAfter,
  entryById,
  type FoundEntries,
  searchEntries,
} from './read-logs.ts';

export type { Audit, LogEvent } from './log-event.ts';
export type { LogEntry } from './log-row.ts';
export type { LogSearch } from './log-search.ts';
export { deleteLogs } from './read-logs.ts';

/** Ignores all events. */
export const noAudit: Audit = { record() {} };

/** Creates the log's writer, which stores events within 250 ms. A killed process loses the waiting ones (docs/decisions/0011). */
export function createAudit(deps: NotesDeps): BufferedNotes {
  return bufferNotes(deps);
}

/** Parses `q`, Lucene's syntax over the fields of log entries. `invalid` describes the problem and its place. */
export function readLogQuery(q: string): Prepared {
  return prepareLogQuery(q);
}

/** Parses `search`: the start of values, or whole values in quotes, in any case. All of them must match. */
export function readLogSearch(text: string): Prepared {
  return prepareLogSearch(text);
}

export async function findLog(db: Db, logId: string): Promise<LogEntry | null> {
  return entryById(db, logId);
}

/** Returns the entries after one, in the log's own order. Concurrent writes cause neither gaps nor duplicates. */
export async function logsAfter(
  db: Db,
  input: { afterId: string; limit: number },
): Promise<LogEntry[]> {
  return entriesAfter(db, input);
}

/** Returns a page of matching entries, or `timeout` if the database needs too long. */
export async function searchLogs(
  db: Db,
  input: Parameters<typeof searchEntries>[1],
): Promise<FoundEntries> {
  return searchEntries(db, input);
}

/** Returns the numbers of logins and sign-ups per day, from `from` until before `until`, in UTC. */
export async function dailyCounts(db: Db, input: { from: Date; until: Date }): Promise<Day[]> {
  return countDays(db, input);
}

/** Returns how many users have logged in since. */
export async function activeSince(db: Db, since: Date): Promise<number> {
  return countPeopleSince(db, since);
}
