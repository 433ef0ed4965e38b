import type { ColumnType, Generated, Selectable } from 'kysely';
import type { Db } from '../../platform/db/db.ts';

export type ConnectionsTable = {
  id: string;
  name: string;
  display_name: string | null;
  strategy: string;
  options: ColumnType<Record<string, unknown>, string, string>;
  metadata: ColumnType<Record<string, unknown> | null, string | null, string | null>;
  realms: ColumnType<string[], string, string>;
  settings: ColumnType<Record<string, unknown>, string, string>;
  created_at: Date;
  updated_at: Date;
  /** Set while the connection is hidden and its data is being deleted. */
  deleted_at: Generated<Date | null>;
};

export const on = (db: Db) =>
  db.withTables<{
    connections: ConnectionsTable;
    connection_clients: { connection_id: string; client_id: string };
  }>();

/** A connection: its users, and how they log in. */
export type Connection = {
  id: string;
  name: string;
  displayName: string | null;
  /** `auth0` is this server's own database. */
  strategy: string;
  /** The API's options object, unchanged. */
  options: Record<string, unknown>;
  metadata: Record<string, unknown> | null;
  realms: string[];
  /** Other API properties, unchanged. */
  settings: Record<string, unknown>;
  createdAt: Date;
  updatedAt: Date;
};

export function toConnection(row: Selectable<ConnectionsTable>): Connection {
  return {
    id: row.id,
    name: row.name,
    displayName: row.display_name,
    strategy: row.strategy,
    options: row.options,
    metadata: row.metadata,
    realms: row.realms,
    settings: row.settings,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}
