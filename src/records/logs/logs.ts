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
  removeEntries,
  searchEntries,
} from './read-logs.ts';

export type { Audit } from './log-event.ts';
export type { LogEntry } from './log-row.ts';
export type { LogSearch } from './log-search.ts';

/** Takes no notes. */
export const noAudit: Audit = { record() {} };

/** Takes notes and stores them within 250 ms. What waits when a process is killed is lost (docs/decisions/0011). */
export function createAudit(deps: NotesDeps): BufferedNotes {
  return bufferNotes(deps);
}

/** Reads `q`, Lucene's syntax over the fields of log entries; `invalid` says what is wrong, and where. */
export function readLogQuery(q: string): Prepared {
  return prepareLogQuery(q);
}

/** Reads `search`: the start of values, or in quotes whole ones, in any case; all of them must hold. */
export function readLogSearch(text: string): Prepared {
  return prepareLogSearch(text);
}

export async function findLog(db: Db, logId: string): Promise<LogEntry | null> {
  return entryById(db, logId);
}

/** What came after an entry, in the log's own order: nothing is left out and nothing comes twice, whatever is being written. */
export async function logsAfter(
  db: Db,
  input: { afterId: string; limit: number },
): Promise<LogEntry[]> {
  return entriesAfter(db, input);
}

/** A page of what matches; `timeout` when the database needs longer than it may. */
export async function searchLogs(
  db: Db,
  input: Parameters<typeof searchEntries>[1],
): Promise<FoundEntries> {
  return searchEntries(db, input);
}

/** Removes entries from before, at most `limit` at once. Returns how many went. */
export async function deleteLogs(db: Db, input: { before: Date; limit: number }): Promise<number> {
  return removeEntries(db, input);
}

/** Logins and sign-ups of each day, from `from` on and before `until`, in UTC. */
export async function dailyCounts(db: Db, input: { from: Date; until: Date }): Promise<Day[]> {
  return countDays(db, input);
}

/** How many people logged in since. */
export async function activeSince(db: Db, since: Date): Promise<number> {
  return countPeopleSince(db, since);
}
