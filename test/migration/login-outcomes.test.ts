import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { DirectoryLogin } from '../../src/outbound/legacy-directory/legacy-directory.ts';
import { findPassword } from '../../src/records/passwords/passwords.ts';
import { aPassword } from '../harness/factories.ts';
import { made } from '../harness/world.ts';
import { aProfile, type LegacyWorld, openLegacyWorld } from './legacy-world.ts';

/** What a login shows and leaves for each answer of a directory, as spec 7.2 and 7.4 of the wire say. */

const unavailable = (why: string): DirectoryLogin =>
  ({ kind: 'unavailable', why, problem: `It is ${why}.` }) as DirectoryLogin;

type Row = {
  outcome: string;
  answer: (name: string) => DirectoryLogin;
  status: number;
  error: string | undefined;
  log: string;
};

const AWAY = { status: 503, error: 'temporarily_unavailable', log: 'f' };
const WRONG = { status: 403, error: 'invalid_grant' };
const TABLE: Row[] = [
  {
    outcome: 'found',
    answer: (name) => ({ kind: 'found', profile: aProfile({ email: name }) }),
    ...{ status: 200, error: undefined, log: 'sepft' },
  },
  {
    outcome: 'not found',
    answer: () => ({ kind: 'wrong', identifier: null, problem: null }),
    ...{ ...WRONG, log: 'fu' },
  },
  {
    outcome: 'wrong password',
    answer: (name) => ({ kind: 'wrong', identifier: name, problem: 'No.' }),
    ...{ ...WRONG, log: 'fp' },
  },
  {
    outcome: 'a message',
    answer: () => ({ kind: 'denied', message: 'Call the office.' }),
    ...{ status: 403, error: 'unauthorized', log: 'f' },
  },
  { outcome: 'an error', answer: () => unavailable('failed'), ...AWAY },
  { outcome: 'no answer in time', answer: () => unavailable('timed-out'), ...AWAY },
  { outcome: 'a huge answer', answer: () => unavailable('too-large'), ...AWAY },
  { outcome: 'an invalid profile', answer: () => unavailable('invalid-profile'), ...AWAY },
  { outcome: 'a missing script', answer: () => unavailable('missing-script'), ...AWAY },
  {
    outcome: 'a blocked user',
    answer: (name) => ({ kind: 'found', profile: aProfile({ email: name, blocked: true }) }),
    ...{ status: 403, error: 'unauthorized', log: 'f' },
  },
  {
    outcome: 'a reserved key in its metadata',
    answer: (name) => ({
      kind: 'found',
      profile: aProfile({ email: name, appMetadata: { usher: { roles: ['owner'] } } }),
    }),
    ...{ status: 500, error: 'server_error', log: 'f' },
  },
];

let serial = 0;

describe.each([true, false])('with import mode %s', (isImporting) => {
  let world: LegacyWorld;
  beforeAll(async () => {
    world = await openLegacyWorld({}, { import_mode: isImporting });
  });
  beforeEach(() => {
    world.legacy.asked.length = 0;
    world.legacy.answer = null;
    // Failures of other tests are no reason to ask nobody.
    world.server.app.deps.directories.guarded.clear();
  });

  test.each(TABLE)('a login that gets $outcome answers $status and logs $log', async (row) => {
    const name = `row-${++serial}@old.test`;
    const password = aPassword();
    world.legacy.answer = row.answer;
    const entered = await world.enter(name, password);
    expect([entered.status, entered.body.error]).toEqual([row.status, row.error]);
    expect(world.legacy.asked).toEqual([name]);
    expect((await world.typesAbout(name))[0]).toBe(row.log);
    const users = await world.server.api<{ user_id: string }[]>(
      'GET',
      `/api/v2/users-by-email?email=${name}`,
    );
    expect(users.body.length).toBe(row.status === 200 ? 1 : 0);
    const [user] = users.body;
    if (user === undefined) return;
    expect((await findPassword(world.db, user.user_id)) !== null).toBe(isImporting);
    await world.enter(name, password);
    expect(world.legacy.asked.length).toBe(isImporting ? 1 : 2);
  });

  test('a directory that does not answer is no wrong password', async () => {
    const { email, password } = world.inLegacy();
    world.legacy.answer = () => unavailable('too-large');
    for (let attempt = 0; attempt < 12; attempt++) {
      expect((await world.enter(email, password)).status).toBe(503);
    }
    world.legacy.answer = null;
    expect((await world.enter(email, password)).status).toBe(200);
  }, 120_000);

  test('an empty password is not asked about', async () => {
    const { email } = world.inLegacy();
    expect((await world.enter(email, '')).status).toBeGreaterThanOrEqual(400);
    expect(world.legacy.asked).toEqual([]);
  });

  test('a profile with the id of a user of another connection is refused', async () => {
    const taken = `taken-${isImporting}`;
    const connection = `other-${isImporting}`;
    const other = await made(world.server, '/connections', {
      ...{ name: connection, strategy: 'auth0' },
      enabled_clients: [world.client.id],
    });
    expect(other.name).toBe(connection);
    const theirs = { email: 'x@other.test', password: aPassword(), user_id: taken };
    await made(world.server, '/users', { connection, ...theirs });
    const { email, password } = world.inLegacy({ id: taken });
    expect((await world.enter(email, password)).status).toBe(500);
    expect((await world.typesAbout(email))[0]).toBe('f');
  });

  test('of two legacy users with one address, the second is refused with a reason', async () => {
    const email = `shared-${isImporting}@old.test`;
    await world.configure({ requires_username: true });
    const first = world.inLegacy({ email, username: `ada-${isImporting}` });
    const second = world.inLegacy({ email, username: `bob-${isImporting}` });
    expect((await world.enter(`ada-${isImporting}`, first.password)).status).toBe(200);
    expect((await world.enter(`bob-${isImporting}`, second.password)).status).toBe(500);
    const [entry] = await world.logs(`q=user_name:"bob-${isImporting}"&sort=date:1`);
    expect(entry?.description).toContain(second.id);
  });
});

test('without import mode, the profile follows the directory at each login, and no password is kept', async () => {
  const world = await openLegacyWorld({}, { import_mode: false });
  const { email, password, id, profile } = world.inLegacy();
  await world.enter(email, password);
  await world.server.api('PATCH', `/api/v2/users/${encodeURIComponent(id)}`, {
    app_metadata: { ours: true },
  });
  Object.assign(profile, { name: 'Ada New', appMetadata: { plan: 'silver' } });
  expect((await world.enter(email, aPassword())).status).toBe(403);
  expect((await world.enter(email, password)).status).toBe(200);
  expect(await world.wire(id)).toMatchObject({
    name: 'Ada New',
    app_metadata: { plan: 'silver', ours: true },
    logins_count: 2,
  });
  expect(await findPassword(world.db, id)).toBeNull();
});

test('a login with another name of a migrated user needs the password of here', async () => {
  const world = await openLegacyWorld();
  const { email, password, id, profile } = world.inLegacy();
  await world.enter(email, password);
  world.legacy.users.set('alias@old.test', { password: 'the-old-one-8', profile });
  expect((await world.enter('alias@old.test', 'the-old-one-8')).status).toBe(403);
  world.legacy.users.set('alias@old.test', { password, profile });
  expect((await world.enter('alias@old.test', password)).status).toBe(200);
  expect((await world.wire(id)).logins_count).toBe(2);
});

test('an address that the directory does not call verified gets a mail', async () => {
  const world = await openLegacyWorld();
  const { email, password, id } = world.inLegacy({ emailVerified: null });
  expect((await world.enter(email, password)).status).toBe(200);
  expect(await world.wire(id)).toMatchObject({ email_verified: false });
  await world.server.sink.waitForMail(email);
});
