import { beforeAll, expect, test } from 'vitest';
import { type ManagementFixture, startManagementApi } from './fixture.ts';

const U = 'Username-Password-Authentication';
const NUL = '\0';
const HALF = '\ud800';

let api: ManagementFixture;
let connectionId: string;
beforeAll(async () => {
  api = await startManagementApi();
  connectionId = (await api.call('GET', '/connections')).body[0].id;
});

const cursor = Buffer.from(`1,a${NUL}b`).toString('base64url');

test.each([
  '/users/%00',
  '/jobs/%00',
  '/jobs/%00/errors',
  '/clients/%00',
  '/connections/%00',
  '/client-grants/%00',
  '/resource-servers/%00',
  '/invitations/%00',
  `/users?take=2&from=${cursor}`,
  `/clients?take=2&from=${cursor}`,
  '/invitations?email=%00',
  '/client-grants?audience=%00',
  '/connections?name=%00',
  '/clients?page=1e300',
  '/connections?page=1e300',
  '/client-grants?page=1e300',
  '/resource-servers?page=1e17&per_page=100',
])('GET %s with unstorable characters is a client error, not a server error', async (path) => {
  const { status } = await api.call('GET', path);
  expect([400, 404]).toContain(status);
});

test.each([
  '',
  '/roles',
  '/permissions',
  '/organizations',
  '/sessions',
  '/enrollments',
])('GET %s below an id with NUL answers that there is no such user', async (below) => {
  const { status, body } = await api.call('GET', `/users/%00${below}`);
  expect([status, body.errorCode]).toEqual([404, 'inexistent_user']);
});

test.each<[string, string, unknown]>([
  ['DELETE', '/clients/%00', undefined],
  ['POST', '/users', { connection: U, email: 'a@example.test', name: `a${NUL}b` }],
  ['POST', '/users', { connection: NUL, email: 'a@example.test' }],
  ['POST', '/clients', { name: `a${NUL}b` }],
  ['POST', '/clients', { name: 'a', description: HALF }],
  ['POST', '/connections', { name: 'abc', strategy: 'auth0', display_name: NUL }],
  ['POST', '/resource-servers', { identifier: NUL }],
  ['POST', '/tickets/password-change', { user_id: NUL }],
  ['POST', '/jobs/password-change-tickets', { recipients: ['a@example.test'], client_id: NUL }],
  [
    'POST',
    '/jobs/password-change-tickets',
    { recipients: ['a@example.test'], result_url: `https://a/${NUL}` },
  ],
])('%s %s with unstorable characters is answered 400: %j', async (method, path, body) => {
  const answer = await api.call(method, path, body);
  expect([answer.status, answer.body.errorCode]).toEqual([400, 'invalid_body']);
  expect(answer.body.message).toMatch(/cannot be stored/);
});

const sendText = (method: string, path: string, text: string) =>
  api.call(method, path, text, { headers: { 'content-type': 'application/json' } });

test.each([
  [
    'POST',
    '/users',
    `{"connection":"${U}","email":"huge@example.test","user_metadata":{"n":1e400}}`,
  ],
  [
    'POST',
    '/users',
    `{"connection":"${U}","email":"huge@example.test","app_metadata":{"a":[-1e999]}}`,
  ],
  ['POST', '/clients', '{"name":"Huge","jwt_configuration":{"lifetime_in_seconds":1e400}}'],
  ['PATCH', '/tenants/settings', `{"session_lifetime":${'9'.repeat(400)}}`],
])('%s %s with a number beyond the range is answered 400, and nothing is stored: %s', async (method, path, text) => {
  const answer = await sendText(method, path, text);
  expect([answer.status, answer.body.errorCode]).toEqual([400, 'invalid_body']);
  expect(answer.body.message).toMatch(/too large to be stored/);
  const { rows } = await api.database.execute(
    "select count(*)::int as n from users where email = 'huge@example.test'",
  );
  expect(rows[0]?.n).toBe(0);
});

test.each([
  ['/clients?page=1e400'],
  ['/clients?per_page=Infinity'],
  ['/users?page=NaN'],
  ['/logs?take=1e400'],
])('GET %s is refused for an invalid number', async (path) => {
  expect((await api.call('GET', path)).status).toBe(400);
});

test.each([
  [{ token_lifetime: '5' }, /Expected type integer but found type string.*token_lifetime/],
  [{ token_lifetime: 5.5 }, /Expected type integer but found type number.*token_lifetime/],
  [{ token_lifetime: true }, /Expected type integer but found type boolean.*token_lifetime/],
  [{ allow_offline_access: 'true' }, /Expected type boolean but found type string/],
  [{ allow_offline_access: 1 }, /Expected type boolean but found type integer/],
  [{ name: 5 }, /Expected type string but found type integer/],
  [{ scopes: { value: 'a' } }, /Expected type array but found type object/],
])('a body is read without changing types: %j', async (fields, message) => {
  const answer = await api.call('POST', '/resource-servers', {
    identifier: 'urn:typed',
    ...fields,
  });
  expect([answer.status, answer.body.errorCode]).toEqual([400, 'invalid_body']);
  expect(answer.body.message).toMatch(message);
});

const upload = (name: string, value: string) =>
  api.call(
    'POST',
    '/jobs/users-imports',
    [
      ...Object.entries({ connection_id: connectionId, [name]: value }).map(
        ([key, text]) => `--x\r\ncontent-disposition: form-data; name="${key}"\r\n\r\n${text}\r\n`,
      ),
      '--x\r\ncontent-disposition: form-data; name="users"; filename="u.json"\r\n\r\n[{"email":"a@example.test"}]\r\n--x--',
    ].join(''),
    { headers: { 'content-type': 'multipart/form-data; boundary=x' } },
  );

test.each([
  ['external_id', `a${NUL}b`],
  ['idempotency_key', `a${NUL}b`],
  ['send_invitations', '{"client_id":"\\u0000"}'],
  ['send_invitations', '{"inviter":{"name":"\\ud800"}}'],
])('an import whose %s cannot be stored is answered 400 and leaves nothing', async (name, value) => {
  const answer = await upload(name, value);
  expect([answer.status, answer.body.errorCode]).toEqual([400, 'invalid_body']);
  const { rows } = await api.database.execute('select count(*)::int as n from jobs');
  expect(rows[0]?.n).toBe(0);
});

test('an idempotency key that is too long for an index is answered 400', async () => {
  const key = Array.from({ length: 3000 }, (_, i) => (i * 7919).toString(36)).join('');
  const answer = await upload('idempotency_key', key);
  expect([answer.status, answer.body.errorCode]).toEqual([400, 'invalid_body']);
});
