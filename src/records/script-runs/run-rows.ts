import type { ColumnType, Selectable } from 'kysely';
import { type Db, deletionOf } from '../../platform/db/db.ts';

type ScriptRunsTable = {
  id: string;
  connection_id: string;
  script: string;
  outcome: string;
  problem: string;
  lines: ColumnType<ScriptRun['lines'], string, string>;
  took_ms: number;
  ran_at: Date;
};

const on = (db: Db) => db.withTables<{ script_runs: ScriptRunsTable }>();

/** One run of a connection's script. */
export type ScriptRun = {
  id: string;
  connectionId: string;
  /** Such as `login`. */
  script: string;
  /** Such as `returned` or `timed-out`. */
  outcome: string;
  /** Empty: none. */
  problem: string;
  lines: { level: string; text: string }[];
  /** Milliseconds. */
  tookMs: number;
  ranAt: Date;
};

/** Stores runs, without those of connections that are gone. */
export async function insertScriptRuns(db: Db, runs: ScriptRun[]): Promise<void> {
  if (runs.length === 0) return;
  const ids = [...new Set(runs.map((run) => run.connectionId))];
  const rows = await db
    .withTables<{ connections: { id: string } }>()
    .selectFrom('connections')
    .select('id')
    .where('id', 'in', ids)
    .execute();
  const known = new Set(rows.map((row) => row.id));
  const kept = runs.filter((run) => known.has(run.connectionId));
  if (kept.length === 0) return;
  await on(db).insertInto('script_runs').values(kept.map(toRow)).execute();
}

/** Returns runs of a connection, the newest first. */
export async function listScriptRuns(
  db: Db,
  of: { connectionId: string; script?: string | undefined; limit: number },
): Promise<ScriptRun[]> {
  const rows = await on(db)
    .selectFrom('script_runs')
    .selectAll()
    .where('connection_id', '=', of.connectionId)
    .$if(of.script !== undefined, (q) => q.where('script', '=', of.script ?? ''))
    .orderBy('ran_at', 'desc')
    .orderBy('id', 'desc')
    .limit(of.limit)
    .execute();
  return rows.map(toRun);
}

/** Deletes up to `limit` runs from before a moment. Returns how many it deleted. */
export const deleteOldScriptRuns = deletionOf('script_runs', { key: ['id'], ended: 'ran_at' });

function toRow(run: ScriptRun) {
  return {
    id: run.id,
    connection_id: run.connectionId,
    script: run.script,
    outcome: run.outcome,
    problem: run.problem,
    lines: JSON.stringify(run.lines),
    took_ms: Math.round(run.tookMs),
    ran_at: run.ranAt,
  };
}

function toRun(row: Selectable<ScriptRunsTable>): ScriptRun {
  return {
    id: row.id,
    connectionId: row.connection_id,
    script: row.script,
    outcome: row.outcome,
    problem: row.problem,
    lines: row.lines,
    tookMs: row.took_ms,
    ranAt: row.ran_at,
  };
}
