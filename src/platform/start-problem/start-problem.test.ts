import { expect, test } from 'vitest';
import { describeStartProblem, StartProblem } from './start-problem.ts';

const failure = (fields: Record<string, unknown>, message = 'said by the system') =>
  Object.assign(new Error(message), fields);
const away = (cause?: Error) => failure({ code: 'database_away', cause });

test.each([
  [
    failure({ code: 'EADDRINUSE', syscall: 'listen', address: '::1', port: 3000 }),
    /already listens at ::1, port 3000\..*PORT/,
  ],
  [failure({ code: 'EACCES', syscall: 'listen', address: '::1', port: 80 }), /PORT/],
  [failure({ code: 'EADDRNOTAVAIL', syscall: 'listen', address: '203.0.113.9' }), /HOST/],
  [failure({ code: 'EACCES', syscall: 'open', path: '/data/x' }), /^\/data\/x cannot .*DATA_DIR/],
  [failure({ code: 'ENOENT', syscall: 'open', path: '/ca.pem' }), /ca\.pem does not exist/],
  [failure({ code: 'ENOENT', syscall: 'mkdir', path: '/ro/x' }), /^\/ro\/x cannot .*DATA_DIR/],
  [failure({ code: 'EISDIR', syscall: 'read' }), /DATA_DIR/],
  [failure({ code: 'ENOSPC', syscall: 'write' }), /disk is full/],
  [new StartProblem({ kind: 'folder-in-use', folder: '/data' }), /in use.*DATA_DIR/],
  [
    new StartProblem({ kind: 'unusable-file', file: '/data/db.lock', said: 'No.' }),
    /db\.lock cannot be read or written.*DATA_DIR/,
  ],
  [
    new StartProblem({ kind: 'broken-embedded', folder: '/data/db', said: 'No.' }),
    /opened: No\. Restore.*DATA_DIR/,
  ],
  [failure({}, 'There was an error establishing an SSL connection'), /is not PostgreSQL.*Check/],
  [new StartProblem({ kind: 'bad-secret-file', file: '/data/secret' }), /USHER_SECRET/],
  [new StartProblem({ kind: 'bad-tls-files', said: 'Not a pair.' }), /TLS_CERT.*Not a pair\. Set/],
  [new StartProblem({ kind: 'old-postgres', found: '12.1', needed: 15 }), /12\.1.*15 or newer/],
  [new StartProblem({ kind: 'newer-migrations', name: '9999-x.sql' }), /newer version.*9999-x/],
  [failure({ code: '28P01' }), /user or the password.*DATABASE_URL/],
  [failure({ code: '3D000' }), /no such database/],
  [failure({ code: '53300' }), /DATABASE_POOL_SIZE/],
  [failure({ code: '55000', severity: 'FATAL' }), /refuses the connection.*another database/],
  [failure({ code: 'SELF_SIGNED_CERT_IN_CHAIN' }), /not trusted.*sslrootcert/],
  [failure({ code: '42501' }, 'said\nin two lines'), /: said in two lines\. Make/],
  [away(failure({ code: '25006' })), /accepts no writes.*primary/],
  [away(failure({ code: '57P03' })), /in a moment/],
  [away(failure({ code: '53100' })), /disk of PostgreSQL/],
  [away(failure({ code: 'ECONNREFUSED', syscall: 'connect' })), /reached.*ECONNREFUSED/],
  [away(failure({ code: 'ENOTFOUND', syscall: 'getaddrinfo' })), /reached.*ENOTFOUND/],
  [away(), /no answer/],
  [failure({}, 'The server does not support SSL connections'), /sslmode/],
])('%o gives one line that says what to do', (error, said) => {
  const line = describeStartProblem(error);
  expect(line).toMatch(said);
  expect(line).not.toContain('\n');
});

test('a connection refused by another service is not reported as the database', () => {
  expect(describeStartProblem(failure({ code: 'ECONNREFUSED', syscall: 'connect' }))).toBeNull();
  expect(describeStartProblem(new TypeError('fetch failed'))).toBeNull();
});
