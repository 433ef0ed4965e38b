import type { Socket } from 'node:net';
import { createConnection, type Connection as Driver } from 'mysql2';
import type { Egress } from '../../../platform/egress/egress.ts';
import type { Json } from '../script-types.ts';
import { CONNECT_MS, MAX_BYTES, MAX_ROWS, tooManyRows } from './limits.ts';
import type { Connection } from './open-connections.ts';
import { tlsOptionsOf } from './tls-options.ts';
import { failureOf, fromJson, record, text, toJson } from './values.ts';

export type MysqlConnection = Connection & { driver: Driver; socket: Socket };

/**
 * Connects to a MySQL or MariaDB server.
 * @throws Error of the driver, or EgressError
 */
export async function connectMysql(
  egress: Egress,
  options: Json | undefined,
  signal: AbortSignal,
): Promise<MysqlConnection> {
  const given = record(options);
  const host = text(given.host, 'localhost');
  const port = Number(given.port ?? 3306);
  const limits = { timeoutMs: CONNECT_MS, maxBytes: MAX_BYTES, signal };
  const socket = await egress.connect(host, port, limits);
  const tls = tlsOptionsOf(given.ssl, host);
  const driver = createConnection({
    host,
    user: text(given.user),
    password: text(given.password),
    database: text(given.database),
    stream: socket,
    connectTimeout: CONNECT_MS,
    ...(tls && { ssl: tls as object }),
    ...(typeof given.charset === 'string' && { charset: given.charset }),
    ...(typeof given.timezone === 'string' && { timezone: given.timezone }),
    dateStrings: given.dateStrings === true,
    multipleStatements: given.multipleStatements === true,
    supportBigNumbers: given.supportBigNumbers === true,
    bigNumberStrings: given.bigNumberStrings === true,
    // A server could ask for files of this machine.
    flags: ['-LOCAL_FILES'],
  });
  driver.on('error', () => {});
  const close = () => {
    driver.destroy();
    socket.destroy();
  };
  try {
    await new Promise<void>((resolve, reject) => {
      driver.connect((error) => (error ? reject(error) : resolve()));
      socket.once('close', () => reject(closed(socket)));
    });
  } catch (error) {
    close();
    throw error;
  }
  return { driver, socket, close };
}

/**
 * Runs a statement. Placeholders are filled by the driver, or by the server with `isPrepared`.
 * @returns the rows or the summary with the fields, or `{ failed }`
 */
export async function queryMysql(
  { driver, socket, close }: MysqlConnection,
  asked: Json | undefined,
): Promise<Json> {
  const { sql, values, isPrepared, nestTables, rowsAsArray } = record(asked);
  const rows: unknown[] = [];
  let lost = () => {};
  try {
    return await new Promise<Json>((resolve, reject) => {
      lost = () => reject(closed(socket));
      socket.once('close', lost);
      if (socket.destroyed) lost();
      const options = {
        sql: text(sql),
        values: fromJson(values ?? []) as unknown[],
        ...(nestTables === true && { nestTables }),
        ...(rowsAsArray === true && { rowsAsArray }),
      };
      const query = isPrepared === true ? driver.execute(options) : driver.query(options);
      let fields: { name: string }[] = [];
      let summary: unknown = null;
      query.on('fields', (found: { name: string }[] | undefined) => {
        fields = found ?? [];
      });
      query.on('result', (row: unknown) => {
        if (isSummary(row)) summary = { ...row };
        else rows.push(row);
        if (rows.length !== MAX_ROWS + 1) return;
        reject(tooManyRows());
        close();
      });
      query.on('error', reject);
      query.on('end', () =>
        resolve({
          result: toJson(summary ?? rows),
          fields: fields.map(({ name }) => ({ name })),
        }),
      );
    });
  } catch (error) {
    return failureOf(error);
  } finally {
    socket.off('close', lost);
  }
}

/** What a statement has changed, instead of rows. */
function isSummary(row: unknown): row is object {
  return row !== null && typeof row === 'object' && row.constructor?.name === 'ResultSetHeader';
}

function closed({ errored }: Socket): Error {
  return Object.assign(new Error(errored?.message ?? 'The server has closed the connection.'), {
    code: 'PROTOCOL_CONNECTION_LOST',
  });
}
