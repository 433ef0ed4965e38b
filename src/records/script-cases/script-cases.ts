import { type Selectable, sql } from 'kysely';
import { decrypt, encrypt } from '../../platform/crypto/crypto.ts';
import type { Db } from '../../platform/db/db.ts';

type ScriptCasesTable = {
  connection_id: string;
  name: string;
  script: string;
  args: Buffer;
  result: Buffer;
  tried_at: Date;
  created_at: Date;
};

const on = (db: Db) => db.withTables<{ script_cases: ScriptCasesTable }>();

/** A recorded question to the legacy user database of a connection, and what it answered last. */
export type ScriptCase = {
  connectionId: string;
  name: string;
  /** Such as `login`. */
  script: string;
  args: Record<string, unknown>;
  result: CaseResult;
  triedAt: Date;
  createdAt: Date;
};

export type CaseResult = {
  outcome: string;
  /** Whose profile it was. */
  userId: string | null;
  email: string | null;
  findings: { code: string; script: string; message: string }[];
};

/** How many cases a connection can have. */
export const MOST_CASES = 20;

/**
 * Stores a case, or replaces the one of this name. Arguments and results are encrypted.
 * @param key 32 bytes for AES-256-GCM
 * @returns `full` if the connection has twenty others
 */
export async function saveScriptCase(
  tx: Db,
  one: Omit<ScriptCase, 'createdAt'>,
  key: Buffer,
): Promise<'saved' | 'full'> {
  const sealed = (value: unknown) => encrypt(key, JSON.stringify(value));
  const about = {
    script: one.script,
    args: sealed(one.args),
    result: sealed(one.result),
    tried_at: one.triedAt,
  };
  const { rows } = await sql<{ others: number }>`
    select count(*)::int as others from script_cases
    where connection_id = ${one.connectionId} and name <> ${one.name}`.execute(tx);
  if ((rows[0]?.others ?? 0) >= MOST_CASES) return 'full';
  await on(tx)
    .insertInto('script_cases')
    .values({
      ...about,
      connection_id: one.connectionId,
      name: one.name,
      created_at: one.triedAt,
    })
    .onConflict((conflict) => conflict.columns(['connection_id', 'name']).doUpdateSet(about))
    .execute();
  return 'saved';
}

/** Returns the cases of a connection by name. Those that were encrypted with another key are omitted. */
export async function listScriptCases(
  db: Db,
  connectionId: string,
  key: Buffer,
): Promise<ScriptCase[]> {
  const rows = await on(db)
    .selectFrom('script_cases')
    .selectAll()
    .where('connection_id', '=', connectionId)
    .orderBy('name')
    .execute();
  return rows.flatMap((row) => toCase(row, key));
}

export async function findScriptCase(
  db: Db,
  by: { connectionId: string; name: string },
  key: Buffer,
): Promise<ScriptCase | null> {
  const row = await on(db)
    .selectFrom('script_cases')
    .selectAll()
    .where('connection_id', '=', by.connectionId)
    .where('name', '=', by.name)
    .executeTakeFirst();
  return row ? (toCase(row, key)[0] ?? null) : null;
}

/** Returns false if there is no such case. */
export async function deleteScriptCase(
  db: Db,
  by: { connectionId: string; name: string },
): Promise<boolean> {
  const { numDeletedRows } = await on(db)
    .deleteFrom('script_cases')
    .where('connection_id', '=', by.connectionId)
    .where('name', '=', by.name)
    .executeTakeFirst();
  return numDeletedRows === 1n;
}

function toCase(row: Selectable<ScriptCasesTable>, key: Buffer): ScriptCase[] {
  try {
    return [
      {
        connectionId: row.connection_id,
        name: row.name,
        script: row.script,
        args: JSON.parse(decrypt(key, row.args)),
        result: JSON.parse(decrypt(key, row.result)),
        triedAt: row.tried_at,
        createdAt: row.created_at,
      },
    ];
  } catch {
    return [];
  }
}
