import type { Db } from '../../platform/db/db.ts';
import { packJson, unpackJson } from '../../platform/packing/packing.ts';
import {
  addSegment,
  countSegments,
  mirrorSegments,
  outcomeOf,
  type Segment,
} from '../../records/segments/segments.ts';
import { countUsers, type User, usersById } from '../../records/users/users.ts';
import type { ListedRow } from './people.ts';

/** Where a job's people come from. */
export type Source =
  | { kind: 'list'; rows: ListedRow[] }
  /** Everybody an import brought in. */
  | { kind: 'import'; jobId: string }
  /** Everybody in the connection, or those with an address of this domain. */
  | { kind: 'everybody'; emailDomain?: string | undefined };

/** One transaction's worth. */
export const BATCH = 1000;

type Portion =
  | { kind: 'rows'; rows: ListedRow[] }
  | { kind: 'import'; jobId: string }
  | { kind: 'everybody'; afterId: string | null; emailDomain?: string | undefined };

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
  return source.emailDomain === undefined ? countUsers(db, input.connectionId) : 0;
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
  if (source.kind === 'everybody') {
    await addEverybody(tx, { ...input, emailDomain: source.emailDomain, number: 0, firstRow: 1 });
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

/** The next thousand of a connection; nothing where it ends. */
async function addEverybody(
  tx: Db,
  input: {
    jobId: string;
    connectionId: string;
    number: number;
    firstRow: number;
    afterId?: string | null;
    emailDomain: string | undefined;
  },
): Promise<void> {
  const { jobId, connectionId, number, firstRow, afterId = null, emailDomain } = input;
  const users = await usersById(tx, { afterId, limit: BATCH, connectionId });
  if (users.length === 0) return;
  const rowCount = users.filter((user) => isWanted(user, emailDomain)).length;
  const portion: Portion = { kind: 'everybody', afterId, emailDomain };
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
    if (outcome === null) return [];
    // The import's own record of its rows; only who came in matters here.
    const rows = await unpackJson<{ userId: string | null; status: string }[]>(outcome);
    return rows.flatMap(({ userId, status }) =>
      userId === null || status === 'failed' ? [] : [{ kind: 'row', row: { userId } }],
    );
  }
  const { afterId, emailDomain } = portion;
  const users = await usersById(tx, { afterId, limit: BATCH, connectionId });
  const last = users.at(-1);
  const wanted = users.filter((user) => isWanted(user, emailDomain));
  if (users.length === BATCH && last !== undefined) {
    await addEverybody(tx, {
      jobId,
      connectionId,
      number: segment.number + 1,
      firstRow: segment.firstRow + wanted.length,
      afterId: last.id,
      emailDomain,
    });
  }
  return wanted.map((user) => ({ kind: 'row', row: { userId: user.id } }));
}

function isWanted(user: User, emailDomain: string | undefined): boolean {
  if (user.email === null) return false;
  return emailDomain === undefined || user.email.endsWith(`@${emailDomain}`);
}
