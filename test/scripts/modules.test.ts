import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { moduleSource } from '../../src/outbound/scripts/modules/modules.ts';
import { openScripts } from './script-world.ts';

const scripts = openScripts();
let server: Server;
let url: string;

beforeAll(async () => {
  server = createServer(async (request, response) => {
    const { status, body } = await answerTo(request);
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

/** A legacy service: it knows one person by Basic authentication, and says what else it was asked. */
async function answerTo(request: IncomingMessage): Promise<{ status: number; body: unknown }> {
  let text = '';
  for await (const chunk of request) text += chunk;
  if (request.url === '/profile') {
    const expected = `Basic ${Buffer.from('ada:a secret').toString('base64')}`;
    if (request.headers.authorization !== expected) return { status: 401, body: {} };
    return { status: 200, body: { user_id: 7, nickname: 'ada', email: 'ada@example.com' } };
  }
  const { method, url: path, headers } = request;
  return { status: 200, body: { method, path, type: headers['content-type'] ?? null, text } };
}

afterAll(async () => {
  await scripts.close();
  server.closeAllConnections();
  server.close();
});

/** Auth0's documentation, "Login Script Templates", Request with Basic Auth. `request` is a global variable there. */
const BASIC_AUTH = (address: string) => `function login(email, password, callback) {
  request.get({ url: '${address}/profile', auth: { username: email, password: password } }, function (err, response, body) {
    if (err) return callback(err);
    if (response.statusCode === 401) return callback();
    const user = JSON.parse(body);
    callback(null, { user_id: user.user_id.toString(), nickname: user.nickname, email: user.email });
  });
}`;

test('a script logs in at a service with Basic authentication as published', async () => {
  expect(await scripts.value(BASIC_AUTH(url), ['ada', 'a secret'])).toEqual({
    user_id: '7',
    nickname: 'ada',
    email: 'ada@example.com',
  });
  expect(await scripts.value(BASIC_AUTH(url), ['ada', 'wrong'])).toBeNull();
});

test('request sends forms, JSON and queries as the package does', async () => {
  const source = `async function (url) {
    const call = (options) => new Promise((resolve, reject) => {
      require('request')(options, (error, response, body) => error ? reject(error) : resolve(body));
    });
    return [
      await call({ url: url + '/a', method: 'POST', form: { a: 1, b: { c: 'x y' } } }),
      await call({ url: url + '/b', qs: { q: ['1', '2'] }, json: true }),
      await call({ url: url + '/c', method: 'PUT', json: { a: 1 } }),
      await require('request-promise')({ uri: url + '/d', json: true }),
    ];
  }`;
  const [form, query, json, promised] = (await scripts.value(source, [url])) as [
    string,
    object,
    object,
    object,
  ];
  expect(JSON.parse(form)).toMatchObject({
    method: 'POST',
    type: 'application/x-www-form-urlencoded',
    text: 'a=1&b%5Bc%5D=x%20y',
  });
  expect(query).toMatchObject({ path: '/b?q%5B0%5D=1&q%5B1%5D=2' });
  expect(json).toMatchObject({ method: 'PUT', type: 'application/json', text: '{"a":1}' });
  expect(promised).toMatchObject({ method: 'GET', path: '/d' });
});

test('axios and node-fetch call by fetch', async () => {
  const source = `async function (url) {
    const { data } = await require('axios').post(url + '/a', { a: 1 });
    const answer = await require('node-fetch')(url + '/b');
    return [data.text, (await answer.json()).path];
  }`;
  expect(await scripts.value(source, [url])).toEqual(['{"a":1}', '/b']);
});

test('jsonwebtoken signs and verifies with secrets and with keys', async () => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
  });
  const source = `function (privateKey, publicKey, callback) {
    const jwt = require('jsonwebtoken');
    const short = jwt.sign({ sub: 'a' }, 'secret', { expiresIn: '1h' });
    const long = jwt.sign({ sub: 'b' }, privateKey, { algorithm: 'RS256' });
    let problem;
    try { jwt.verify(short, 'another'); } catch (error) { problem = error.message; }
    jwt.verify(long, publicKey, (error, claims) =>
      callback(error, [jwt.verify(short, 'secret').sub, claims && claims.sub, problem]));
  }`;
  expect(await scripts.value(source, [privateKey, publicKey])).toEqual([
    'a',
    'b',
    'invalid signature',
  ]);
});

test('crypto gives what Node gives', async () => {
  const source = `function (callback) {
    const crypto = require('crypto');
    const [key, iv] = [Buffer.alloc(32, 1), Buffer.alloc(16, 2)];
    const cipher = crypto.createCipheriv('aes-256-cbc', key, iv);
    const sealed = cipher.update('hello', 'utf8', 'hex') + cipher.final('hex');
    const decipher = crypto.createDecipheriv('aes-256-cbc', key, iv);
    const opened = decipher.update(sealed, 'hex', 'utf8') + decipher.final('utf8');
    callback(null, [
      crypto.createHash('md5').update('a').update('b').digest('hex'),
      crypto.createHmac('sha256', 'key').update('data').digest('base64'),
      crypto.pbkdf2Sync('p', 's', 1000, 20, 'sha1').toString('hex'),
      sealed,
      opened,
    ]);
  }`;
  expect(await scripts.value(source)).toEqual([
    '187ef4436122d1cc2f40dc2b92f0eba0',
    'UDH+PZicbRU3oBP6bnOdojRj/a7DtwE32Cjjas4iG9A=',
    'ac8b95db3ed020176aff40c14003963f6dc9d4ae',
    'aaf7a0b1c5d4d4b8c8abeaa891ec2755',
    'hello',
  ]);
});

test.each([
  'assert',
  'auth0',
  'axios',
  'bcrypt@0.8.5',
  'bcryptjs',
  'buffer',
  'events',
  'jsonwebtoken',
  'lodash',
  'lodash/get',
  'mongodb@3.1.4',
  'mysql2/promise',
  'node:crypto',
  'pg',
  'querystring',
  'request-promise',
  'url',
  'util',
  'uuid/v4',
  'uuid@3.4.0',
])('a script can require %s', async (name) => {
  const source = `function (callback) { callback(null, typeof require('${name}')); }`;
  expect(await scripts.value(source)).toMatch(/^(?:object|function)$/);
});

test('a script that requires a driver of SQL Server learns what to do instead', async () => {
  expect(await scripts.failure(`function (callback) { require('tedious'); }`)).toMatchObject({
    message: expect.stringContaining('call it with fetch'),
    more: { code: 'MODULE_NOT_FOUND' },
  });
  expect(moduleSource('no-such-package')).toBeNull();
});
