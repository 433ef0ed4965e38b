import { beforeAll, beforeEach, expect, test } from 'vitest';
import type { Directory } from '../../src/outbound/legacy-directory/legacy-directory.ts';
import { startLdapServer } from '../harness/ldap-server.ts';
import { context, openStore, startRaw } from './store.ts';

type Server = Awaited<ReturnType<typeof startLdapServer>>;
let server: Server;
let directory: Directory;

const person = (uid: string, mail: string, password = 'right') => ({
  dn: `uid=${uid},ou=people,dc=old`,
  userPassword: password,
  attributes: { uid: [uid], mail: [mail], cn: ['Ada Old'], group: ['a', 'b'], locked: ['FALSE'] },
});

beforeAll(async () => {
  server = await startLdapServer([
    { dn: 'cn=reader,dc=old', userPassword: 'reads', attributes: { cn: ['reader'] } },
    person('ada', 'ada@old.test'),
    person('t1', 'twin@old.test'),
    person('t2', 'twin@old.test'),
    person('t3', 'twin@old.test'),
  ]);
});

beforeEach(() => {
  server.binds.length = 0;
  server.filters.length = 0;
  server.isReferring = false;
  directory = openStore(options());
});

function options(more: object = {}): object {
  return {
    type: 'ldap',
    ...{ host: '127.0.0.1', port: server.port, tls: 'off', base_dn: 'dc=old' },
    ...{ bind_dn: 'cn=reader,dc=old', bind_password: 'reads' },
    filter: '(mail={identifier})',
    attributes: {
      ...{ user_id: 'uid', email: 'mail', name: 'cn', blocked: 'locked' },
      'app_metadata.groups': 'group',
    },
    emails_are_verified: true,
    timeout_ms: 500,
    ...more,
  };
}

const login = (identifier: string, password = 'right', store = directory) =>
  store.login({ identifier, password, context });

test('a login searches with the service account, and binds as the user', async () => {
  expect(await login('ada@old.test')).toMatchObject({
    kind: 'found',
    profile: {
      ...{ id: 'ada', email: 'ada@old.test', emailVerified: true, name: 'Ada Old' },
      ...{ blocked: false, appMetadata: { groups: ['a', 'b'] } },
    },
  });
  expect(server.binds).toEqual(['cn=reader,dc=old', 'uid=ada,ou=people,dc=old']);
  expect(await login('ada@old.test', 'wrong')).toMatchObject({ kind: 'wrong' });
  expect(await login('nobody@old.test')).toMatchObject({ kind: 'wrong', isUnknown: true });
});

test('an empty password is wrong, and never sent', async () => {
  expect(await login('ada@old.test', '')).toMatchObject({ kind: 'wrong' });
  expect(server.binds).toEqual([]);
});

test.each([
  '*',
  'ada@old.test)(uid=*',
  '*)(|(uid=*',
  'a\\2a',
  '\0',
  '(',
  ')',
])('the name %j is one value of the filter', async (name) => {
  expect(await login(name)).toMatchObject({ kind: 'wrong', isUnknown: true });
  expect(server.filters).toEqual([`a3(mail,${name})`]);
});

test('several entries with one address let nobody in', async () => {
  expect(await login('twin@old.test')).toMatchObject({
    kind: 'unavailable',
    why: 'invalid-profile',
  });
});

test('a template names the entry, and a name cannot leave its place', async () => {
  const template = 'uid={identifier},ou=people,dc=old';
  const store = openStore(options({ filter: undefined, dn_template: template }));
  expect(await login('ada', 'right', store)).toMatchObject({
    kind: 'found',
    profile: { id: 'ada' },
  });
  expect(await login('x,cn=reader', 'right', store)).toMatchObject({ kind: 'wrong' });
  expect(server.binds.at(-1)).toBe('uid=x\\2ccn\\3dreader,ou=people,dc=old');
  expect(await store.getUser({ identifier: 'nobody', context })).toEqual({ kind: 'none' });
});

test('a service account that is refused is no wrong password', async () => {
  const store = openStore(options({ bind_password: 'other' }));
  expect(await login('ada@old.test', 'right', store)).toMatchObject({
    kind: 'unavailable',
    why: 'failed',
  });
});

test('a referral is not followed', async () => {
  server.isReferring = true;
  expect(await login('ada@old.test')).toMatchObject({ kind: 'unavailable', why: 'failed' });
});

test('a server that hangs, floods or talks nonsense is unavailable', async () => {
  const hangs = await startRaw(() => {});
  const floods = await startRaw((socket) => {
    // A message of 64 MB that never ends.
    socket.write(Buffer.from([0x30, 0x84, 4, 0, 0, 0, 2, 1, 1]));
    const more = () => socket.write(Buffer.alloc(65_536)) && setImmediate(more);
    socket.on('drain', more);
    more();
  });
  const nonsense = await startRaw((socket) => socket.end('HTTP/1.1 400 no\r\n\r\n'));
  for (const [port, whys] of [
    [hangs, ['timed-out']],
    [floods, ['too-large', 'timed-out']],
    [nonsense, ['failed', 'timed-out']],
    [1, ['failed']],
  ] as const) {
    const outcome = await login('ada@old.test', 'right', openStore(options({ port })));
    if (outcome.kind !== 'unavailable') throw new Error(outcome.kind);
    expect(whys).toContain(outcome.why);
  }
  expect(await login('a', 'b', openStore(options(), []))).toMatchObject({ why: 'refused-here' });
});

test('a server without TLS is refused where TLS is asked for', async () => {
  for (const tls of ['ldaps', 'starttls']) {
    expect(await login('ada@old.test', 'right', openStore(options({ tls })))).toMatchObject({
      kind: 'unavailable',
    });
  }
  expect(server.binds).toEqual([]);
});
