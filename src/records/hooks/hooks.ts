import type { ColumnType, Selectable } from 'kysely';
import { decrypt, encrypt } from '../../platform/crypto/crypto.ts';
import { type Db, pageAndCount, sqlState } from '../../platform/db/db.ts';

/** The moments at which hooks run. */
export const HOOK_TRIGGERS = [
  'credentials-exchange',
  'pre-user-registration',
  'post-user-registration',
  'post-change-password',
  'send-phone-message',
] as const;

export type HookTrigger = (typeof HOOK_TRIGGERS)[number];

type HooksTable = {
  id: string;
  name: string;
  trigger: HookTrigger;
  script: string;
  dependencies: ColumnType<Record<string, string>, string, string>;
  enabled: boolean;
  secrets: ColumnType<Record<string, string>, string, string>;
  created_at: Date;
};

/** A program in the older form, which calls back. Of each trigger at most one is enabled. */
export type Hook = {
  id: string;
  name: string;
  trigger: HookTrigger;
  script: string;
  /** Versions of packages by their names. */
  dependencies: Record<string, string>;
  enabled: boolean;
};

/** A hook that runs, with its decrypted secrets. One that was encrypted with another key is missing. */
export type EnabledHook = Hook & { secrets: Record<string, string> };

const on = (db: Db) => db.withTables<{ hooks: HooksTable }>();
const UNIQUE_VIOLATION = '23505';

export async function findHook(db: Db, id: string): Promise<Hook | null> {
  const row = await on(db).selectFrom('hooks').selectAll().where('id', '=', id).executeTakeFirst();
  return row ? toHook(row) : null;
}

/** Returns a page of hooks, oldest first, and their total number. */
export async function listHooks(
  db: Db,
  options: {
    trigger?: HookTrigger | undefined;
    enabled?: boolean | undefined;
    offset: number;
    limit: number;
  },
): Promise<{ hooks: Hook[]; total: number }> {
  const { trigger, enabled } = options;
  const oldestFirst = on(db)
    .selectFrom('hooks')
    .selectAll()
    .$if(trigger !== undefined, (q) => q.where('trigger', '=', trigger ?? HOOK_TRIGGERS[0]))
    .$if(enabled !== undefined, (q) => q.where('enabled', '=', enabled ?? true))
    .orderBy('created_at')
    .orderBy('id');
  const { rows, total } = await pageAndCount(oldestFirst, options);
  return { hooks: rows.map(toHook), total };
}

/**
 * Returns the hooks that run at a trigger: one or none.
 * @param input.key decrypts the secrets: 32 bytes for AES-256-GCM
 */
export async function enabledHooks(
  db: Db,
  input: { trigger: HookTrigger; key: Buffer },
): Promise<EnabledHook[]> {
  const rows = await on(db)
    .selectFrom('hooks')
    .selectAll()
    .where('trigger', '=', input.trigger)
    .where('enabled', '=', true)
    .execute();
  return rows.map((row) => ({ ...toHook(row), secrets: opened(row.secrets, input.key) }));
}

/** Inserts a hook. Returns `duplicate` if the name is taken. The caller has disabled the other hook of the trigger. */
export async function insertHook(
  db: Db,
  hook: Hook,
  now: Date,
): Promise<{ kind: 'inserted' } | { kind: 'duplicate' }> {
  const { id, name, trigger, script, enabled } = hook;
  const result = await on(db)
    .insertInto('hooks')
    .values({
      id,
      name,
      trigger,
      script,
      dependencies: JSON.stringify(hook.dependencies),
      enabled,
      secrets: '{}',
      created_at: now,
    })
    .onConflict((conflict) => conflict.column('name').doNothing())
    .executeTakeFirst();
  return { kind: result.numInsertedOrUpdatedRows === 1n ? 'inserted' : 'duplicate' };
}

/** Writes the hook. Returns `duplicate` if the name is taken. */
export async function updateHook(
  db: Db,
  hook: Hook,
): Promise<{ kind: 'updated' | 'missing' | 'duplicate' }> {
  try {
    const { numUpdatedRows } = await on(db)
      .updateTable('hooks')
      .set({
        name: hook.name,
        script: hook.script,
        dependencies: JSON.stringify(hook.dependencies),
        enabled: hook.enabled,
      })
      .where('id', '=', hook.id)
      .executeTakeFirst();
    return { kind: numUpdatedRows === 1n ? 'updated' : 'missing' };
  } catch (error) {
    if (sqlState(error) === UNIQUE_VIOLATION) return { kind: 'duplicate' };
    throw error;
  }
}

/** Disables the hook that runs at a trigger. */
export async function disableHooksOf(tx: Db, trigger: HookTrigger): Promise<void> {
  await on(tx)
    .updateTable('hooks')
    .set({ enabled: false })
    .where('trigger', '=', trigger)
    .where('enabled', '=', true)
    .execute();
}

/** Deletes a hook. Returns false if it does not exist. */
export async function deleteHook(db: Db, id: string): Promise<boolean> {
  const result = await on(db).deleteFrom('hooks').where('id', '=', id).executeTakeFirst();
  return result.numDeletedRows === 1n;
}

/** Returns a hook and the names of its secrets. Nobody else changes them until the transaction ends. */
export async function lockHook(
  tx: Db,
  id: string,
): Promise<{ hook: Hook; secretNames: string[] } | null> {
  const row = await on(tx)
    .selectFrom('hooks')
    .selectAll()
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirst();
  return row ? { hook: toHook(row), secretNames: Object.keys(row.secrets) } : null;
}

/** Returns the names of the secrets of a hook, or `null` if it does not exist. */
export async function hookSecretNames(db: Db, id: string): Promise<string[] | null> {
  const row = await on(db)
    .selectFrom('hooks')
    .select('secrets')
    .where('id', '=', id)
    .executeTakeFirst();
  return row ? Object.keys(row.secrets) : null;
}

/**
 * Adds secrets to a hook, replaces and deletes some. The caller has locked the hook.
 * @param input.key encrypts: 32 bytes for AES-256-GCM
 */
export async function changeHookSecrets(
  tx: Db,
  input: { id: string; put: Record<string, string>; remove: string[]; key: Buffer },
): Promise<void> {
  const row = await on(tx)
    .selectFrom('hooks')
    .select('secrets')
    .where('id', '=', input.id)
    .executeTakeFirstOrThrow();
  const kept = Object.entries(row.secrets).filter(([name]) => !input.remove.includes(name));
  const put = Object.entries(input.put).map(([name, value]) => [
    name,
    encrypt(input.key, value).toString('base64'),
  ]);
  await on(tx)
    .updateTable('hooks')
    .set({ secrets: JSON.stringify(Object.fromEntries([...kept, ...put])) })
    .where('id', '=', input.id)
    .execute();
}

function opened(secrets: Record<string, string>, key: Buffer): Record<string, string> {
  const open = Object.entries(secrets).flatMap(([name, sealed]) => {
    try {
      return [[name, decrypt(key, Buffer.from(sealed, 'base64'))]];
    } catch {
      return [];
    }
  });
  return Object.fromEntries(open);
}

function toHook(row: Selectable<HooksTable>): Hook {
  const { id, name, trigger, script, dependencies, enabled } = row;
  return { id, name, trigger, script, dependencies, enabled };
}
