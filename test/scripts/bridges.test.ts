import { hash } from '@node-rs/bcrypt';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { countConnections } from '../../src/outbound/scripts/bridges/bridges.ts';
import { copyDatabase, type DatabaseCopy } from '../harness/database.ts';
import { type MongoServer, startMongoServer } from './mongo-server.ts';
import { type MysqlServer, startMysqlServer } from './mysql-server.ts';
import { MONGODB, MYSQL, POSTGRES } from './published-scripts.ts';
import { openScripts } from './script-world.ts';

const EMAIL = 'ada@example.com';
const scripts = openScripts();
let mongo: MongoServer;
let mysql: MysqlServer;
let database: DatabaseCopy;
let uri: string;
let address: string;

beforeAll(async () => {
  [mongo, mysql, database] = await Promise.all([
    startMongoServer(),
    startMysqlServer(),
    copyDatabase(),
  ]);
  uri = `mongodb://user:pass@127.0.0.1:${mongo.port}`;
  address = (database.url ?? '').replace('localhost', '127.0.0.1');
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  await client.query('create table people (id text, nickname text, email text, password text)');
  await client.query('insert into people values ($1, $2, $3, $4)', [
    '7',
    'ada',
    EMAIL,
    await hash('a secret', 4),
  ]);
  await client.end();
});

beforeEach(() => {
  mysql.users.length = 0;
  mysql.largeRows = 0;
});

afterAll(async () => {
  await scripts.close();
  mongo.close();
  mysql.close();
  await database.drop();
});

test('scripts for MongoDB sign up, log in and verify as published', async () => {
  const user = { email: EMAIL, password: 'a secret', nickname: 'ada', email_verified: false };
  expect(await scripts.value(MONGODB.create(uri), [user])).toBeNull();
  expect(await scripts.failure(MONGODB.create(uri), [user])).toMatchObject({
    message: 'the user already exists',
  });
  expect(await scripts.value(MONGODB.login(uri), [EMAIL, 'a secret'])).toMatchObject({
    user_id: expect.stringMatching(/^[0-9a-f]{24}$/),
    nickname: 'ada',
    email: EMAIL,
  });
  expect(await scripts.failure(MONGODB.login(uri), [EMAIL, 'wrong'])).toMatchObject({
    name: 'WrongUsernameOrPasswordError',
  });
  expect(await scripts.value(MONGODB.verify(uri), [EMAIL])).toBe(true);
  expect(await scripts.value(MONGODB.verify(uri), ['nobody@example.com'])).toBe(false);
});

test('a client of MongoDB that gives a wrong password learns the error of the server', async () => {
  const login = MONGODB.login(uri.replace('pass', 'wrong'));
  expect(await scripts.failure(login, [EMAIL, 'a secret'])).toMatchObject({
    name: 'MongoServerError',
    message: 'Authentication failed.',
    more: { code: 18 },
  });
});

test('scripts for MySQL log in and change a password as published', async () => {
  mysql.users.push({ id: 1, nickname: 'ada', email: EMAIL, password: await hash('a secret', 4) });
  expect(await scripts.value(MYSQL.login(mysql.port), [EMAIL, 'a secret'])).toEqual({
    user_id: '1',
    nickname: 'ada',
    email: EMAIL,
  });
  expect(await scripts.value(MYSQL.changePassword(mysql.port), [EMAIL, 'another'])).toBe(true);
  expect(await scripts.failure(MYSQL.login(mysql.port), [EMAIL, 'a secret'])).toMatchObject({
    name: 'WrongUsernameOrPasswordError',
  });
});

test('a placeholder of MySQL never becomes a part of the statement', async () => {
  mysql.users.push({ id: 1, nickname: 'ada', email: EMAIL, password: 'x' });
  await scripts.failure(MYSQL.login(mysql.port), ["' OR '1' = '1", 'a secret']);
  expect(mysql.statements.at(-1)).toContain("email = '\\' OR \\'1\\' = \\'1'");
});

test('a script for PostgreSQL logs in as published', async () => {
  expect(await scripts.value(POSTGRES.login(address), [EMAIL, 'a secret'])).toEqual({
    user_id: '7',
    nickname: 'ada',
    email: EMAIL,
  });
  expect(await scripts.failure(POSTGRES.login(address), [EMAIL, 'wrong'])).toMatchObject({
    name: 'WrongUsernameOrPasswordError',
  });
});

test('a statement that PostgreSQL refuses fails with its code, and the pool goes on', async () => {
  const source = `async function (address) {
    const { Pool } = require('pg');
    const pool = new Pool({ connectionString: address });
    let code;
    try { await pool.query('select no_such_column'); } catch (error) { code = error.code; }
    const { rows } = await pool.query('select $1::int as n, now() as at', [5]);
    return { code, n: rows[0].n, isDate: rows[0].at instanceof Date };
  }`;
  expect(await scripts.value(source, [address])).toEqual({ code: '42703', n: 5, isDate: true });
});

test('an answer of 100 MB ends the connection and not the server', async () => {
  mysql.largeRows = 1000;
  const source = `async function (port) {
    const connection = require('mysql').createConnection({ host: 'localhost', port, user: 'me', password: 'secret' });
    await connection.query('SELECT * FROM large');
  }`;
  expect(await scripts.failure(source, [mysql.port])).toMatchObject({
    message: expect.stringContaining('has sent more than'),
  });
  const large = `async function (address) {
    const { Client } = require('pg');
    const client = new Client(address);
    await client.connect();
    await client.query("select repeat('x', 100000) from generate_series(1, 1000)");
  }`;
  expect(await scripts.failure(large, [address])).toMatchObject({
    message: expect.stringContaining('has sent more than'),
  });
});

test('rows beyond the limit are refused', async () => {
  const source = `async function (address) {
    const { Client } = require('pg');
    const client = new Client(address);
    await client.connect();
    await client.query('select generate_series(1, 2000)');
  }`;
  expect(await scripts.failure(source, [address])).toMatchObject({
    more: { code: 'ANSWER_TOO_LARGE' },
  });
});

test('connections that a run leaves open are closed at its end', async () => {
  const source = `async function (port) {
    await require('mysql').createConnection({ host: 'localhost', port, user: 'me', password: 'secret' }).connect();
  }`;
  await scripts.call(source, [mysql.port]);
  await expect.poll(() => mysql.openSockets()).toBe(0);
  expect(countConnections()).toBe(0);
});

test('a run that opens a thousand connections gets ten', async () => {
  const source = `async function (port) {
    const open = () => require('mysql').createConnection({ host: 'localhost', port, user: 'me', password: 'secret' }).connect();
    const all = [];
    for (let n = 0; n < 90; n++) all.push(open());
    const done = await Promise.allSettled(all);
    return done.filter(({ status }) => status === 'fulfilled').length;
  }`;
  expect(await scripts.value(source, [mysql.port])).toBe(10);
  await expect.poll(() => mysql.openSockets()).toBe(0);
});

test.each([
  'postgres://u:p@169.254.169.254:80/db',
  'postgres://u:p@10.0.0.1/db',
  'postgres://u:p@[::1]/db',
])('a driver refuses the internal address %s', async (target) => {
  const source = `async function (target) { await new (require('pg').Client)(target).connect(); }`;
  expect(await scripts.failure(source, [target])).toMatchObject({
    message: expect.stringContaining('EGRESS_ALLOW'),
  });
});

test('a replica set cannot lead a script to an internal address', async () => {
  mongo.hello = { isWritablePrimary: false, setName: 'rs', primary: '10.0.0.1:27017' };
  expect(await scripts.failure(MONGODB.login(uri), [EMAIL, 'a secret'])).toMatchObject({
    message: expect.stringContaining('10.0.0.1 has the internal address'),
  });
  mongo.hello = {};
});

test.each([
  `function (cb) { require('bcrypt').hash('a secret', 31, cb); }`,
  `function (cb) { require('bcrypt').compare('a secret', '$2b$31$' + 'a'.repeat(53), cb); }`,
  `function (cb) { require('crypto').pbkdf2('a', 'b', 1e9, 64, 'sha512', cb); }`,
  `function (cb) { require('crypto').scrypt('a', 'b', 64, { N: 2 ** 24 }, cb); }`,
  `function (cb) { cb(null, require('crypto').pbkdf2Sync('a', 'b', 1e9, 64, 'sha512')); }`,
])('a hash that would take too long is refused at once: %s', async (source) => {
  const began = performance.now();
  expect(await scripts.failure(source)).toMatchObject({ name: 'RangeError' });
  expect(performance.now() - began).toBeLessThan(5000);
});
