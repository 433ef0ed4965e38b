import type { Db } from '../../platform/db/db.ts';
import { packJson, unpackJson } from '../../platform/packing/packing.ts';
import {
  addSegment,
  countSegments,
  mirrorSegments,
  nextOutcomes,
  outcomeOf,
  type Segment,
} from '../../records/segments/segments.ts';
import {
  countUsers,
  prepareUserSearch,
  searchUsersById,
  type User,
} from '../../records/users/users.ts';
import type { ListedRow } from './people.ts';

/** Where a job's people come from. */
export type Source =
  | { kind: 'list'; rows: ListedRow[] }
  /** Everybody an import brought in. */
  | { kind: 'import'; jobId: string }
  /** Those users of the connection who match; `*` for all. The text is kept with the job and read again for each portion. */
  | { kind: 'search'; q: string };

/** One transaction's worth. */
export const BATCH = 1000;

type Portion =
  | { kind: 'rows'; rows: ListedRow[] }
  | { kind: 'import'; jobId: string }
  | { kind: 'search'; afterId: string | null; q: string };

/** How many people a job will look at, as far as that is known before. */
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

/** Stores what a job has to do, in portions that are each done in one transaction. */
export async function storePortions(
  tx: Db,
  input: { jobId: string; connectionId: string; source: Source },
): Promise<void> {
  const { jobId, source } = input;
  if (source.kind === 'import') {
    const payload = await packJson({ kind: 'import', jobId: source.jobId } satisfies Portion);
    await mirrorSegments(tx, { fromJobId: source.jobId, jobId, payload });
    return;
  }
  if (source.kind === 'search') {
    await addMatches(tx, { ...input, q: source.q, number: 0, firstRow: 1 });
    return;
  }
  for (let at = 0, number = 0; at < source.rows.length; at += BATCH, number++) {
    const rows = source.rows.slice(at, at + BATCH);
    await addSegment(tx, {
      jobId,
      number,
      firstRow: at + 1,
      rowCount: rows.length,
      payload: await packJson({ kind: 'rows', rows } satisfies Portion),
    });
  }
}

/** The next thousand who match; nothing where they end. */
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
  const portion: Portion = { kind: 'search', afterId, q };
  await addSegment(tx, { jobId, number, firstRow, rowCount, payload: await packJson(portion) });
}

/** The rows of one portion. Takes down the next one where that is only known now. */
export async function readPortion(
  tx: Db,
  input: { jobId: string; connectionId: string; segment: Segment },
): Promise<ListedRow[]> {
  const { jobId, connectionId, segment } = input;
  const portion = await unpackJson<Portion>(segment.payload);
  if (portion.kind === 'rows') return portion.rows;
  if (portion.kind === 'import') {
    const outcome = await outcomeOf(tx, { jobId: portion.jobId, number: segment.number });
    return outcome === null ? [] : broughtIn(outcome);
  }
  const { afterId, q } = portion;
  const users = await matchesOf(tx, { connectionId, afterId, q });
  const last = users.at(-1);
  const wanted = users.filter(hasEmail);
  if (users.length === BATCH && last !== undefined) {
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

/** The rows of a source as they are now, a portion at a time. Writes nothing. */
export async function* portionsOf(
  db: Db,
  input: { connectionId: string; source: Source },
): AsyncGenerator<ListedRow[]> {
  const { connectionId, source } = input;
  if (source.kind === 'list') {
    for (let at = 0; at < source.rows.length; at += BATCH) yield source.rows.slice(at, at + BATCH);
  } else if (source.kind === 'import') {
    const page = { jobId: source.jobId, limit: 1, onlyFailed: false };
    for (let afterNumber = -1; ; ) {
      const [segment] = await nextOutcomes(db, { ...page, afterNumber });
      if (segment === undefined) return;
      yield await broughtIn(segment.outcome);
      afterNumber = segment.number;
    }
  } else {
    for (let afterId: string | null = null; ; ) {
      const users: User[] = await matchesOf(db, { connectionId, afterId, q: source.q });
      yield users.filter(hasEmail).map((user) => ({ kind: 'row', row: { userId: user.id } }));
      if (users.length < BATCH) return;
      afterId = users.at(-1)?.id ?? null;
    }
  }
}

/** Those of an import's own record of its rows who came in. */
async function broughtIn(outcome: Buffer): Promise<ListedRow[]> {
  const rows = await unpackJson<{ userId: string | null; status: string }[]>(outcome);
  return rows.flatMap(({ userId, status }) =>
    userId === null || status === 'failed' ? [] : [{ kind: 'row', row: { userId } }],
  );
}

function matchesOf(
  db: Db,
  input: { connectionId: string; afterId: string | null; q: string },
): Promise<User[]> {
  const { connectionId, afterId, q } = input;
  const prepared = prepareUserSearch(q);
  // It was read when the job was taken down.
  if (prepared.kind === 'invalid')
    throw new Error(`A stored search is broken: ${prepared.message}`);
  return searchUsersById(db, { search: prepared.search, connectionId, afterId, limit: BATCH });
}

function hasEmail(user: User): boolean {
  return user.email !== null;
}
