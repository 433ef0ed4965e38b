import { createHash } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo, Server } from 'node:net';
import mysql from 'mysql2';

type User = { id: number; nickname: string; email: string; password: string };

export type MysqlServer = {
  port: number;
  users: User[];
  /** Statements that it has got. */
  statements: string[];
  openSockets(): number;
  /** Rows that any SELECT FROM large has. */
  largeRows: number;
  close(): void;
};

/** A stand-in at the level of the protocol, made with the server side of `mysql2`, for the statements of the published scripts. */
export async function startMysqlServer(): Promise<MysqlServer> {
  const state: MysqlServer = {
    port: 0,
    users: [],
    statements: [],
    largeRows: 0,
    openSockets: () => connections.size,
    close() {
      for (const each of connections) each.stream.destroy();
      server._server.close();
    },
  };
  // biome-ignore lint/suspicious/noExplicitAny: the server side of the package has no types
  const connections = new Set<any>();
  // biome-ignore lint/suspicious/noExplicitAny: as above
  const server = (mysql as any).createServer() as {
    _server: Server;
    listen(port: number): unknown;
  };
  // biome-ignore lint/suspicious/noExplicitAny: as above
  (server as any).on('connection', (connection: any) => {
    connections.add(connection);
    connection.stream.on('close', () => connections.delete(connection));
    connection.on('error', () => {});
    connection.serverHandshake({
      protocolVersion: 10,
      serverVersion: '8.0.0 stand-in',
      connectionId: connections.size,
      statusFlags: 2,
      characterSet: 8,
      capabilityFlags: 0xffffff & ~0x800 & ~0x80,
      authCallback(
        given: {
          user: string;
          authToken: Buffer;
          authPluginData1: Buffer;
          authPluginData2: Buffer;
        },
        done: (error: unknown, problem?: unknown) => void,
      ) {
        const { authPluginData1, authPluginData2, authToken, user } = given;
        const seed = Buffer.concat([authPluginData1, authPluginData2]).subarray(0, 20);
        const isRight = user === 'me' && nativeToken('secret', seed).equals(authToken);
        done(null, isRight ? undefined : { message: 'Access denied', code: 1045 });
        connection.sequenceId = 0;
      },
    });
    // Packets of each command are counted anew, which the server side of the package leaves to others.
    connection.on('query', (sql: string) => {
      connection.sequenceId = 1;
      answer(sql, state, connection);
      connection.sequenceId = 0;
    });
    connection.on('quit', () => connection.stream.end());
  });
  server.listen(0);
  await once(server._server, 'listening');
  state.port = (server._server.address() as AddressInfo).port;
  return state;
}

/** What a client proves its password with (`mysql_native_password`). */
function nativeToken(password: string, seed: Buffer): Buffer {
  const sha1 = (...parts: Buffer[]) => createHash('sha1').update(Buffer.concat(parts)).digest();
  const once = sha1(Buffer.from(password));
  const mask = sha1(seed, sha1(once));
  return Buffer.from(once.map((byte, index) => byte ^ (mask[index] ?? 0)));
}

// biome-ignore lint/suspicious/noExplicitAny: the server side of the package has no types
function answer(sql: string, state: MysqlServer, connection: any): void {
  state.statements.push(sql);
  const email = /email = '([^']*)'/.exec(sql)?.[1];
  const found = state.users.filter((user) => user.email === email);
  const ok = (affectedRows: number) => connection.writeOk({ affectedRows });
  const set = /SET password = '([^']*)'/.exec(sql)?.[1];
  if (/FROM large/.test(sql)) {
    connection.writeTextResult(
      Array.from({ length: state.largeRows }, () => ({ filler: 'x'.repeat(100_000) })),
      [column('filler')],
    );
  } else if (sql.startsWith('SELECT')) {
    connection.writeTextResult(found, ['id', 'nickname', 'email', 'password'].map(column));
  } else if (sql.startsWith('INSERT')) {
    const [, address = '', password = ''] =
      /VALUES|SET email = '([^']*)', password = '([^']*)'/.exec(sql) ?? [];
    state.users.push({ id: state.users.length + 1, nickname: address, email: address, password });
    ok(1);
  } else if (set !== undefined) {
    for (const user of found) user.password = set;
    ok(found.length);
  } else connection.writeError({ message: 'You have an error in your SQL syntax', code: 1064 });
}

function column(name: string): object {
  return {
    catalog: 'def',
    schema: 'mydb',
    table: 'users',
    orgTable: 'users',
    name,
    orgName: name,
    characterSet: 33,
    columnLength: 384,
    columnType: 253,
    flags: 0,
    decimals: 0,
  };
}
