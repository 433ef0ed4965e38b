import type { ColumnType, Generated, Selectable } from 'kysely';
import type { Db } from '../../platform/db/db.ts';
import { type ClientSettings, settingsFor } from './client-settings.ts';

type ClientsTable = {
  id: string;
  name: string;
  secret_hash: Buffer | null;
  secret_sealed: Generated<Buffer | null>;
  settings: ColumnType<Partial<ClientSettings>, string, string>;
  created_at: Date;
  updated_at: Date;
  /** Set while the client is hidden and its data is being deleted. */
  deleted_at: Generated<Date | null>;
};

/** An application that signs users in, or calls an API for itself. */
export type Client = {
  id: string;
  name: string;
  /** SHA-256 of the secret, or `null` for an application that cannot keep one. */
  secretHash: Buffer | null;
  /** The encrypted secret, if secrets are readable on this server. */
  secretSealed?: Buffer | null;
  settings: ClientSettings;
  createdAt: Date;
  updatedAt: Date;
};

export const on = (db: Db) => db.withTables<{ clients: ClientsTable }>();

/** Converts a row. Settings that it lacks have the default of its type. */
export function toClient(row: Selectable<ClientsTable>): Client {
  const settings = { ...settingsFor(row.settings.appType), ...row.settings };
  return {
    id: row.id,
    name: row.name,
    secretHash: row.secret_hash === null ? null : Buffer.from(row.secret_hash),
    secretSealed: row.secret_sealed === null ? null : Buffer.from(row.secret_sealed),
    settings,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}
