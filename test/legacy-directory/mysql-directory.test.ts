import { createHash } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo, Server } from 'node:net';
import { hash as bcrypt } from '@node-rs/bcrypt';
import mysql from 'mysql2';
import { beforeAll, expect, test } from 'vitest';
import { closedAtEnd } from '../harness/close-at-end.ts';
import { context, openStore } from './store.ts';

type Executed = { sql: string; values: unknown[] };

const executed: Executed[] = [];
const queries: string[] = [];
let port: number;
let hash: string;

/** `mysql_native_password`: what a client proves its password with. */
function proof(password: string, seed: Buffer): Buffer {
  const sha1 = (...parts: Buffer[]) => createHash('sha1').update(Buffer.concat(parts)).digest();
  const first = sha1(Buffer.from(password));
  const mask = sha1(seed, sha1(first));
  return Buffer.from(first.map((byte, at) => byte ^ (mask[at] ?? 0)));
}

const column = (name: string) => ({
  ...{ catalog: 'def', schema: 'old', table: 'people', orgTable: 'people', name, orgName: name },
  ...{ characterSet: 33, columnLength: 400, columnType: 253, flags: 0, decimals: 0 },
});

/** The definition of a parameter: `def`, five empty names, twelve bytes of a text column. */
const PARAMETER = Buffer.from([
  3, 100, 101, 102, 0, 0, 0, 0, 0, 12, 33, 0, 0, 1, 0, 0, 253, 0, 0, 0, 0, 0,
]);

/** The server side of `mysql2`, with the prepared statements that it leaves to others (protocol of MySQL, COM_STMT_PREPARE). */
beforeAll(async () => {
  hash = await bcrypt('right', 4);
  // biome-ignore lint/suspicious/noExplicitAny: the server side of the package has no types
  const server = (mysql as any).createServer() as { _server: Server; listen(port: number): void };
  // biome-ignore lint/suspicious/noExplicitAny: as above
  (server as any).on('connection', (connection: any) => {
    let prepared = '';
    connection.on('error', () => {});
    connection.serverHandshake({
      ...{ protocolVersion: 10, serverVersion: '8.0.0 stand-in', connectionId: 1, statusFlags: 2 },
      ...{ characterSet: 8, capabilityFlags: 0xffffff & ~0x800 & ~0x80 },
      authCallback(
        given: Record<'authPluginData1' | 'authPluginData2' | 'authToken', Buffer>,
        done: (error: unknown, problem?: unknown) => void,
      ) {
        const seed = Buffer.concat([given.authPluginData1, given.authPluginData2]).subarray(0, 20);
        const isRight = proof('secret', seed).equals(given.authToken);
        done(null, isRight ? undefined : { message: 'Access denied', code: 1045 });
        connection.sequenceId = 0;
      },
    });
    const inTurn = (work: () => void) => {
      connection.sequenceId = 1;
      work();
      connection.sequenceId = 0;
    };
    connection.on('query', (sql: string) => {
      queries.push(sql);
      inTurn(() => connection.writeOk());
    });
    connection.on('stmt_prepare', (sql: string) => {
      // The package reports SET here, too.
      if (/^set/i.test(sql)) {
        queries.push(sql);
        inTurn(() => connection.writeOk());
        return;
      }
      prepared = sql;
      const parameters = sql.split('?').length - 1;
      const head = Buffer.alloc(12);
      head.writeUInt32LE(1, 1);
      head.writeUInt16LE(parameters, 7);
      inTurn(() => {
        raw(connection, head);
        for (let at = 0; at < parameters; at++) raw(connection, PARAMETER);
        if (parameters > 0) connection.writeEof();
      });
    });
    connection.on('stmt_execute', (_id: number, _flags: number, _n: number, values: unknown[]) => {
      executed.push({ sql: prepared, values });
      inTurn(() => {
        if (!/^select/i.test(prepared)) return connection.writeOk({ affectedRows: 1 });
        const row = { id: 'u1', mail: 'ada@old.test', hash, more: '{"a":1}' };
        const rows = values[0] === 'ada@old.test' ? [row] : [];
        connection.writeTextResult(rows, ['id', 'mail', 'hash', 'more'].map(column), true);
      });
    });
    connection.on('quit', () => connection.stream.end());
  });
  server.listen(0);
  await once(server._server, 'listening');
  port = (server._server.address() as AddressInfo).port;
  closedAtEnd(async () => {
    server._server.close();
  });
});

// biome-ignore lint/suspicious/noExplicitAny: the server side of the package has no types
function raw(connection: any, content: Buffer): void {
  const size = Buffer.alloc(4);
  size.writeUIntLE(content.length, 0, 3);
  size[3] = connection.sequenceId++;
  connection.stream.write(Buffer.concat([size, content]));
}

const options = (more: object = {}) => ({
  ...{ type: 'sql', dialect: 'mysql', host: '127.0.0.1', port, database: 'old', user: 'me' },
  ...{ password: 'secret', tls: 'off', timeout_ms: 1500 },
  queries: {
    get_user: 'select * from people where mail = :identifier',
    change_password: 'update people set hash = :password_hash where mail = :email',
  },
  columns: { user_id: 'id', email: 'mail', user_metadata: 'more' },
  password_hash: { column: 'hash' },
  ...more,
});

test('a login asks MySQL with a prepared statement in a read-only transaction', async () => {
  const store = openStore(options());
  const asked = { identifier: 'ada@old.test', context };
  expect(await store.login({ ...asked, password: 'right' })).toMatchObject({
    kind: 'found',
    profile: { id: 'u1', email: 'ada@old.test', userMetadata: { a: 1 } },
  });
  expect(await store.login({ ...asked, password: 'wrong' })).toMatchObject({ kind: 'wrong' });
  expect(executed.at(-1)).toEqual({
    sql: 'select * from people where mail = ?',
    values: ['ada@old.test'],
  });
  expect(queries).toContain('start transaction read only');
  expect(queries).toContain('set session max_execution_time = 1500');
});

test.each([
  `' or 1=1 -- `,
  `\\' or 1=1 #`,
  '\u00bf\u0027 or 1=1',
])('the name %j travels beside the statement', async (identifier) => {
  const store = openStore(options());
  const asked = { identifier, password: 'right', context };
  expect(await store.login(asked)).toMatchObject({ kind: 'wrong', isUnknown: true });
  expect(executed.at(-1)).toEqual({
    sql: 'select * from people where mail = ?',
    values: [identifier],
  });
});

test('a change of MySQL is written with a hash', async () => {
  const store = openStore(options());
  const change = { email: 'ada@old.test', password: 'new', context };
  expect(await store.changePassword?.(change)).toEqual({ kind: 'done' });
  expect(executed.at(-1)).toEqual({
    sql: 'update people set hash = ? where mail = ?',
    values: [expect.stringMatching(/^\$2b\$10\$/), 'ada@old.test'],
  });
  expect(queries.at(-2)).toBe('start transaction read write');
});

test('a MySQL server that refuses the account, or has no TLS, is unavailable', async () => {
  for (const more of [{ password: 'other' }, { tls: 'verify' }]) {
    const asked = { identifier: 'ada@old.test', password: 'right', context };
    expect(await openStore(options(more)).login(asked)).toMatchObject({
      kind: 'unavailable',
      why: 'failed',
    });
  }
});
