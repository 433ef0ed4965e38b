import type { Socket } from 'node:net';
import pg from 'pg';
import type { Egress } from '../../../platform/egress/egress.ts';
import type { Json } from '../script-types.ts';
import { CONNECT_MS, MAX_BYTES, MAX_ROWS, tooManyRows } from './limits.ts';
import type { Connection } from './open-connections.ts';
import { tlsOptionsOf } from './tls-options.ts';
import { failureOf, fromJson, record, text, toJson } from './values.ts';

export type PostgresConnection = Connection & { client: pg.Client; socket: Socket };

/**
 * Connects to a PostgreSQL server. Everything that the driver would otherwise take from the environment or from files is given, so that
 * nothing of the server's own database gets into a script.
 * @throws Error of the driver, or EgressError
 */
export async function connectPostgres(
  egress: Egress,
  options: Json | undefined,
  signal: AbortSignal,
): Promise<PostgresConnection> {
  const { host, port, user, password, database, ssl, ...more } = settingsOf(record(options));
  const socket = await egress.connect(host, port, {
    timeoutMs: CONNECT_MS,
    maxBytes: MAX_BYTES,
    signal,
  });
  const client = new pg.Client({
    host,
    port,
    user,
    password: () => password,
    database,
    ssl: tlsOptionsOf(ssl, host) ?? false,
    stream: () => asUnconnected(socket),
    connectionTimeoutMillis: CONNECT_MS,
    ...more,
  });
  client.on('error', () => {});
  const close = () => {
    socket.destroy();
    client.end().catch(() => {});
  };
  try {
    await client.connect();
  } catch (error) {
    close();
    throw error;
  }
  return { client, socket, close };
}

/** @returns the result of the driver, or `{ failed }` */
export async function queryPostgres(
  { client, socket, close }: PostgresConnection,
  asked: Json | undefined,
): Promise<Json> {
  const { text: sql, values, rowMode, name } = record(asked);
  const rows: unknown[] = [];
  let lost = () => {};
  try {
    return await new Promise<Json>((resolve, reject) => {
      lost = () =>
        reject(new Error(socket.errored?.message ?? 'The server has ended the connection.'));
      socket.once('close', lost);
      if (socket.destroyed) lost();
      const query = new pg.Query({
        text: text(sql),
        values: Array.isArray(values) ? values.map(fromJson) : [],
        ...(typeof name === 'string' && { name }),
        ...(rowMode === 'array' && { rowMode }),
      } as pg.QueryConfig);
      query.on('row', (row: unknown) => {
        rows.push(row);
        if (rows.length !== MAX_ROWS + 1) return;
        reject(tooManyRows());
        close();
      });
      query.on('error', reject);
      query.on('end', (result: pg.QueryResult | pg.QueryResult[]) => {
        const last = Array.isArray(result) ? result.at(-1) : result;
        resolve({
          rows: toJson(rows),
          rowCount: last?.rowCount ?? null,
          command: last?.command ?? '',
          fields: (last?.fields ?? []).map((field) => ({
            name: field.name,
            dataTypeID: field.dataTypeID,
          })),
        });
      });
      client.query(query);
    });
  } catch (error) {
    return failureOf(error);
  } finally {
    socket.off('close', lost);
  }
}

type Settings = {
  host: string;
  port: number;
  user: string;
  password: string;
  database: string;
  ssl: Json;
  application_name?: string;
  statement_timeout?: number;
};

/** Reads the options of `pg`, a connection string among them. */
function settingsOf(given: Record<string, Json>): Settings {
  const address = text(given.connectionString);
  if (address !== '' && !URL.canParse(address)) throw new Error('The connection string is no URL.');
  const url = address === '' ? null : new URL(address);
  const mode = url?.searchParams.get('sslmode') ?? url?.searchParams.get('ssl');
  const user = text(given.user) || decodeURIComponent(url?.username ?? '');
  return {
    host: text(given.host) || decodeURIComponent(url?.hostname ?? '').replace(/^\[|\]$/g, ''),
    port: Number(given.port ?? (url?.port || 5432)),
    user,
    password: text(given.password) || decodeURIComponent(url?.password ?? ''),
    database:
      text(given.database) ||
      decodeURIComponent(url?.pathname.slice(1) ?? '') ||
      user ||
      'postgres',
    ssl: given.ssl ?? sslOf(mode),
    ...(typeof given.application_name === 'string' && { application_name: given.application_name }),
    ...(typeof given.statement_timeout === 'number' && {
      statement_timeout: given.statement_timeout,
    }),
  };
}

function sslOf(mode: string | null | undefined): Json {
  if (mode === 'no-verify') return { rejectUnauthorized: false };
  return mode !== null && mode !== undefined && !/^(?:disable|false|0|prefer|allow)$/.test(mode);
}

/** Returns an open socket as the driver wants it: it connects itself, and then waits for the event. */
function asUnconnected(socket: Socket): Socket {
  socket.connect = () => {
    process.nextTick(() => socket.emit('connect'));
    return socket;
  };
  return socket;
}
