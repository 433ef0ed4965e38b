import type { Db } from '../../platform/db/db.ts';
import { packJson, unpackJson } from '../../platform/packing/packing.ts';
import {
  addSegment,
  countSegments,
  mirrorSegments,
  outcomeOf,
  type Segment,
} from '../../records/segments/segments.ts';
import {
  countUsers,
  prepareUserSearch,
  searchUsersById,
  type User,
} from '../../records/users/users.ts';
import { ROWS_PER_SEGMENT, readOutcomes } from '../../steps/run-segments/run-segments.ts';
import type { ListedRow } from './people.ts';

/** The source of a job's people. */
export type Source =
  | { kind: 'list'; rows: ListedRow[] }
  /** Every user that an import created. */
  | { kind: 'import'; jobId: string }
  /** The connection's users who match; `*` for all. The query is stored with the job and parsed again for each portion. */
  | { kind: 'search'; q: string };

type Batch =
  | { kind: 'rows'; rows: ListedRow[] }
  | { kind: 'import'; jobId: string }
  | { kind: 'search'; afterId: string | null; q: string };

/** Returns how many people a job has, as far as this is known in advance. */
export async function countPeople(
  db: Db,
  input: { connectionId: string; source: Source },
): Promise<number> {
  const { source } = input;
  if (source.kind === 'list') return source.rows.length;
  if (source.kind === 'import') {
    const { inserted, updated } = await countSegments(db, source.jobId);
    return inserted + updated;
  }
  return source.q === '*' ? countUsers(db, input.connectionId) : 0;
}

/** Stores a job's work in portions. Each portion is one transaction. */
export async function storePortions(
  tx: Db,
  input: { jobId: string; connectionId: string; source: Source },
): Promise<void> {
  const { jobId, source } = input;
  if (source.kind === 'import') {
    const payload = await packJson({ kind: 'import', jobId: source.jobId } satisfies Batch);
    await mirrorSegments(tx, { fromJobId: source.jobId, jobId, payload });
    return;
  }
  if (source.kind === 'search') {
    await addMatches(tx, { ...input, q: source.q, number: 0, firstRow: 1 });
    return;
  }
  for (let at = 0, number = 0; at < source.rows.length; at += ROWS_PER_SEGMENT, number++) {
    const rows = source.rows.slice(at, at + ROWS_PER_SEGMENT);
    await addSegment(tx, {
      jobId,
      number,
      firstRow: at + 1,
      rowCount: rows.length,
      payload: await packJson({ kind: 'rows', rows } satisfies Batch),
    });
  }
}

/** Adds the next thousand users who match. Adds nothing after the last one. */
async function addMatches(
  tx: Db,
  input: {
    jobId: string;
    connectionId: string;
    number: number;
    firstRow: number;
    afterId?: string | null;
    q: string;
  },
): Promise<void> {
  const { jobId, connectionId, number, firstRow, afterId = null, q } = input;
  const users = await matchesOf(tx, { connectionId, afterId, q });
  if (users.length === 0) return;
  const rowCount = users.filter(hasEmail).length;
  const portion: Batch = { kind: 'search', afterId, q };
  await addSegment(tx, { jobId, number, firstRow, rowCount, payload: await packJson(portion) });
}

/** Returns the rows of one portion. Stores the next portion if a search finds it only now. */
export async function readPortion(
  tx: Db,
  input: { jobId: string; connectionId: string; segment: Segment },
): Promise<ListedRow[]> {
  const { jobId, connectionId, segment } = input;
  const portion = await unpackJson<Batch>(segment.payload);
  if (portion.kind === 'rows') return portion.rows;
  if (portion.kind === 'import') {
    const outcome = await outcomeOf(tx, { jobId: portion.jobId, number: segment.number });
    return outcome === null ? [] : broughtIn(await unpackJson<ImportedRow[]>(outcome));
  }
  const { afterId, q } = portion;
  const users = await matchesOf(tx, { connectionId, afterId, q });
  const last = users.at(-1);
  const wanted = users.filter(hasEmail);
  if (users.length === ROWS_PER_SEGMENT && last !== undefined) {
    await addMatches(tx, {
      jobId,
      connectionId,
      number: segment.number + 1,
      firstRow: segment.firstRow + wanted.length,
      afterId: last.id,
      q,
    });
  }
  return wanted.map((user) => ({ kind: 'row', row: { userId: user.id } }));
}

/** Yields the current rows of a source, a portion at a time. Writes nothing. */
export async function* portionsOf(
  db: Db,
  input: { connectionId: string; source: Source },
): AsyncGenerator<ListedRow[]> {
  const { connectionId, source } = input;
  if (source.kind === 'list') {
    for (let at = 0; at < source.rows.length; at += ROWS_PER_SEGMENT)
      yield source.rows.slice(at, at + ROWS_PER_SEGMENT);
  } else if (source.kind === 'import') {
    const query = { jobId: source.jobId, onlyFailed: false };
    for await (const outcomes of readOutcomes<ImportedRow>(db, query)) yield broughtIn(outcomes);
  } else {
    for (let afterId: string | null = null; ; ) {
      const users: User[] = await matchesOf(db, { connectionId, afterId, q: source.q });
      yield users.filter(hasEmail).map((user) => ({ kind: 'row', row: { userId: user.id } }));
      if (users.length < ROWS_PER_SEGMENT) return;
      afterId = users.at(-1)?.id ?? null;
    }
  }
}

type ImportedRow = { userId: string | null; status: string };

/** Returns the users that an import created, from the import's own outcomes. */
function broughtIn(outcomes: ImportedRow[]): ListedRow[] {
  return outcomes.flatMap(({ userId, status }) =>
    userId === null || status === 'failed' ? [] : [{ kind: 'row', row: { userId } }],
  );
}

function matchesOf(
  db: Db,
  input: { connectionId: string; afterId: string | null; q: string },
): Promise<User[]> {
  const { connectionId, afterId, q } = input;
  const prepared = prepareUserSearch(q);
  // The query was valid when the job was stored.
  if (prepared.kind === 'invalid')
    throw new Error(`A stored search is broken: ${prepared.message}`);
  return searchUsersById(db, {
    search: prepared.search,
    connectionId,
    afterId,
    limit: ROWS_PER_SEGMENT,
  });
}

function hasEmail(user: User): boolean {
  return user.email !== null;
}
