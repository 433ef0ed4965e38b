import { randomUUID } from 'node:crypto';
import type { ColumnType, Selectable } from 'kysely';
import { type Db, deletionOf } from '../../platform/db/db.ts';
import type { Trigger } from './triggers.ts';

/** Of what one action writes to its console, this many characters are stored. */
const MOST_CONSOLE = 256;
const MOST_MESSAGE = 1000;

/** What one action did. */
export type ActionResult = {
  actionName: string;
  error: { id: string; message: string } | null;
  startedAt: Date;
  endedAt: Date;
  /** What the action has written to its console. */
  lines: { level: string; text: string }[];
};

/** What the actions of a trigger did, once. */
export type Execution = {
  id: string;
  trigger: Trigger;
  /** `final`: all have run. `partial`: an error or a refusal ended it. `suspended`: it waits until the person comes back. */
  status: 'final' | 'partial' | 'canceled' | 'suspended';
  results: (Omit<ActionResult, 'lines'> & { console: string })[];
  createdAt: Date;
  updatedAt: Date;
};

type StoredResult = {
  actionName: string;
  error: { id: string; message: string } | null;
  startedAt: string;
  endedAt: string;
  console: string;
};

type ExecutionsTable = {
  id: string;
  trigger: Trigger;
  status: Execution['status'];
  results: ColumnType<StoredResult[], string, string>;
  created_at: Date;
  updated_at: Date;
};

const on = (db: Db) => db.withTables<{ action_executions: ExecutionsTable }>();

/**
 * Stores what actions did. The consoles are cut after 256 characters, and messages after 1000.
 * @param input.id default: a new one
 * @returns the id
 */
export async function insertExecution(
  db: Db,
  input: {
    id?: string;
    trigger: Trigger;
    status: Execution['status'];
    results: ActionResult[];
    startedAt: Date;
    endedAt: Date;
  },
): Promise<string> {
  const id = input.id ?? randomUUID();
  await on(db)
    .insertInto('action_executions')
    .values({
      id,
      trigger: input.trigger,
      status: input.status,
      results: JSON.stringify(input.results.map(toStored)),
      created_at: input.startedAt,
      updated_at: input.endedAt,
    })
    .execute();
  return id;
}

export async function findExecution(db: Db, id: string): Promise<Execution | null> {
  const row = await on(db)
    .selectFrom('action_executions')
    .selectAll()
    .where('id', '=', id)
    .executeTakeFirst();
  return row ? toExecution(row) : null;
}

/** Deletes up to `limit` executions that began before a moment. Returns how many it deleted. */
export const deleteOldExecutions = deletionOf('action_executions', {
  key: ['id'],
  ended: 'created_at',
});

function toStored(result: ActionResult): StoredResult {
  const { actionName, error, startedAt, endedAt, lines } = result;
  const text = lines.map((line) => line.text).join('\n');
  return {
    actionName,
    error: error && { id: error.id, message: storable(error.message, MOST_MESSAGE) },
    startedAt: startedAt.toISOString(),
    endedAt: endedAt.toISOString(),
    console: storable(text, MOST_CONSOLE),
  };
}

/** Text of a script for JSON in the database, which has neither NUL nor half of a surrogate pair. */
function storable(text: string, most: number): string {
  return text.slice(0, most).replaceAll('\0', '\uFFFD').toWellFormed();
}

function toExecution(row: Selectable<ExecutionsTable>): Execution {
  return {
    id: row.id,
    trigger: row.trigger,
    status: row.status,
    results: row.results.map((result) => ({
      ...result,
      startedAt: new Date(result.startedAt),
      endedAt: new Date(result.endedAt),
    })),
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}
