import { sql } from 'kysely';
import { decrypt, encrypt } from '../../platform/crypto/crypto.ts';
import type { Db } from '../../platform/db/db.ts';

type Row = { key: string; value: Uint8Array };

/** Returns the names of all values that rules read, sorted. */
export async function listRulesConfigs(db: Db): Promise<string[]> {
  const { rows } = await sql<Row>`select key from rules_configs order by key`.execute(db);
  return rows.map((row) => row.key);
}

/**
 * Stores a value that rules read, encrypted.
 * @param input.encryption 32 bytes for AES-256-GCM
 */
export async function putRulesConfig(
  db: Db,
  input: { key: string; value: string; encryption: Buffer; now: Date },
): Promise<void> {
  const sealed = encrypt(input.encryption, input.value);
  await sql`insert into rules_configs (key, value, updated_at) values (${input.key}, ${sealed}, ${input.now})
    on conflict (key) do update set value = excluded.value, updated_at = excluded.updated_at`.execute(
    db,
  );
}

/** Deletes a value. One that does not exist changes nothing. */
export async function deleteRulesConfig(db: Db, key: string): Promise<void> {
  await sql`delete from rules_configs where key = ${key}`.execute(db);
}

/**
 * Returns the values that rules read as `configuration`. Those that were encrypted with another key are omitted.
 * @param encryption 32 bytes for AES-256-GCM
 */
export async function rulesConfiguration(
  db: Db,
  encryption: Buffer,
): Promise<Record<string, string>> {
  const { rows } = await sql<Row>`select key, value from rules_configs`.execute(db);
  const opened = rows.flatMap(({ key, value }) => {
    try {
      return [[key, decrypt(encryption, Buffer.from(value))]];
    } catch {
      return [];
    }
  });
  return Object.fromEntries(opened);
}
