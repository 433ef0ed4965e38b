import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Connection } from '../../src/records/connections/connections.ts';
import { isPartial } from '../../src/records/migrated-users/migrated-users.ts';
import { findPassword } from '../../src/records/passwords/passwords.ts';
import { findUserByEmail } from '../../src/records/users/users.ts';
import { aVisitor } from '../harness/visitor.ts';
import { openWorld, type World } from '../harness/world.ts';
import { startLegacyServer } from './legacy-server.ts';

const GOOD = 'Tulip-Canal-77';
const OLD = 'Of-The-Old-System-1';

let world: World;
let legacy: Awaited<ReturnType<typeof startLegacyServer>>;
let connection: Connection;
let clientId: string;

/** A connection that asks the older user store. `isImporting`: it copies users; otherwise the store keeps them. */
async function openConnection(isImporting: boolean, more: object = {}) {
  connection = await world.aConnection({
    enabledDatabaseCustomization: true,
    import_mode: isImporting,
    ...more,
  });
  world.server.app.deps.directories.guarded.clear();
}

const person = (name: string) => ({
  id: name,
  email: `${name}@old.test`,
  password: OLD,
  given: name,
});

const signUp = (email: string) =>
  fetch(`${world.server.url}/dbconnections/signup`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      client_id: clientId,
      email,
      password: GOOD,
      connection: connection.name,
    }),
  }).then(async (answer) => ({ status: answer.status, body: await answer.json() }));

const api = (method: string, path: string, body?: object) =>
  world.server.api<Record<string, unknown>>(method, `/api/v2${path}`, body);

const createUser = (email: string) =>
  api('POST', '/users', { connection: connection.name, email, password: GOOD });

const find = (email: string) => findUserByEmail(world.db, { connectionId: connection.id, email });
const pathOf = (id: string) => `/users/${encodeURIComponent(id)}`;

/** Requests a link for a forgotten password, and chooses a new one with it. */
async function resets(email: string, password: string) {
  const asked = await fetch(`${world.server.url}/dbconnections/change_password`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ client_id: clientId, email, connection: connection.name }),
  });
  expect(await asked.text()).toBe("We've just sent you an email to reset your password.");
  const { mail } = await world.server.sink.waitForMail(email);
  const link = /https?:\/\/\S+reset-verify\?ticket=[\w-]+/.exec(mail.text ?? '')?.[0] ?? '';
  const visitor = aVisitor(world);
  const { pathname, search } = new URL(link);
  const page = await visitor.get(pathname + search);
  return { page, visitor, answer: await visitor.submit(page, { password }) };
}

beforeAll(async () => {
  world = await openWorld();
  legacy = await startLegacyServer();
  world.server.app.deps.directories.open = (each) =>
    each.options.enabledDatabaseCustomization === true ? legacy.directory : null;
  clientId = (await world.registerClient({})).id;
});

beforeEach(() => {
  legacy.table.clear();
  legacy.asked.length = 0;
  Object.assign(legacy.state, { isDown: false, declines: false });
});

describe('while users are imported', () => {
  beforeEach(() => openConnection(true));

  test('a sign-up with an address of the directory gets the answer of an existing user', async () => {
    await createUser('here@old.test');
    legacy.table.set('ada@old.test', person('ada'));
    const [there, here] = [await signUp('ada@old.test'), await signUp('here@old.test')];
    expect(there).toEqual(here);
    expect(there.status).toBe(400);
    expect(await find('ada@old.test')).toBeNull();
    expect((await signUp('new@old.test')).status).toBe(200);
    expect(legacy.asked).not.toContain('create');
  });

  test('the API creates no user whom the directory has, and says so as for a local one', async () => {
    legacy.table.set('bob@old.test', person('bob'));
    const refused = await createUser('bob@old.test');
    expect(refused.status).toBe(409);
    expect(refused.body).toMatchObject({
      message: 'The user already exists.',
      errorCode: 'auth0_idp_error',
    });
    expect((await createUser('eve@old.test')).status).toBe(201);
  });

  test('nobody is created while the directory is away', async () => {
    legacy.state.isDown = true;
    const answer = await createUser('away@old.test');
    expect(answer.status).toBe(503);
    expect(answer.body).toMatchObject({ errorCode: 'auth0_idp_error' });
    expect((await signUp('away@old.test')).status).toBe(503);
    expect(await find('away@old.test')).toBeNull();
  });

  test('a forgotten password copies the profile, mails the link, and the new password is stored', async () => {
    legacy.table.set('cid@old.test', { ...person('cid'), plan: 'gold' });
    expect((await resets('cid@old.test', GOOD)).answer.status).toBe(303);
    const user = await find('cid@old.test');
    expect(user).toMatchObject({
      id: 'auth0|cid',
      givenName: 'cid',
      appMetadata: { plan: 'gold' },
    });
    expect(await findPassword(world.db, 'auth0|cid')).toMatchObject({ kind: 'argon2id' });
    expect(await isPartial(world.db, 'auth0|cid')).toBe(false);
    expect(legacy.table.get('cid@old.test')?.password).toBe(OLD);
  });

  test('an address of another user of the directory cannot be taken, but a former one of one’s own can', async () => {
    const { body } = await createUser('dan@old.test');
    const path = pathOf(String(body.user_id));
    legacy.table.set('fay@old.test', person('fay'));
    const taken = await api('PATCH', path, { email: 'fay@old.test' });
    expect(taken.status).toBe(400);
    expect(taken.body).toMatchObject({
      message: 'The specified new email already exists',
      errorCode: 'auth0_idp_error',
    });
    expect(await find('dan@old.test')).not.toBeNull();
    const own = String(body.user_id).slice('auth0|'.length);
    legacy.table.set('former@old.test', { ...person(own), email: 'former@old.test' });
    expect((await api('PATCH', path, { email: 'former@old.test' })).status).toBe(200);
  });

  test('neither a password nor a deletion reaches the directory', async () => {
    const { body } = await createUser('gus@old.test');
    const path = pathOf(String(body.user_id));
    expect((await api('PATCH', path, { password: 'Another-Canal-78' })).status).toBe(200);
    expect((await api('DELETE', path)).status).toBe(204);
    expect(legacy.asked.filter((question) => question !== 'getUser')).toEqual([]);
  });

  test('a connection that hides accounts answers alike, and mails who has an account there', async () => {
    await openConnection(true, { enumeration: 'hide' });
    legacy.table.set('hid@old.test', person('hid'));
    const [there, free] = [await signUp('hid@old.test'), await signUp('free@old.test')];
    expect([there.status, free.status]).toEqual([200, 200]);
    const { mail } = await world.server.sink.waitForMail('hid@old.test');
    expect(mail.text).toContain('reset-verify');
    expect(await find('hid@old.test')).toMatchObject({ id: 'auth0|hid' });
  });
});

describe('when the directory keeps its users', () => {
  beforeEach(() => openConnection(false));

  test('a new user is created there, and only the profile is kept here', async () => {
    const { status, body } = await createUser('ann@keeps.test');
    expect(status).toBe(201);
    expect(legacy.asked).toEqual(['getUser', 'create', 'login']);
    const id = legacy.table.get('ann@keeps.test')?.id;
    expect(body.user_id).toBe(`auth0|${id}`);
    expect(await findPassword(world.db, String(body.user_id))).toBeNull();
    expect((await createUser('ann@keeps.test')).status).toBe(409);
  });

  test('a sign-up is created there, too', async () => {
    expect((await signUp('sam@keeps.test')).status).toBe(200);
    expect(legacy.table.get('sam@keeps.test')).toMatchObject({ password: GOOD });
  });

  test('a new password and a new address are changed there first', async () => {
    const { body } = await createUser('bea@keeps.test');
    const path = pathOf(String(body.user_id));
    expect((await api('PATCH', path, { password: 'Another-Canal-78' })).status).toBe(200);
    expect(legacy.table.get('bea@keeps.test')?.password).toBe('Another-Canal-78');
    expect((await api('PATCH', path, { email: 'bee@keeps.test' })).status).toBe(200);
    expect(legacy.table.has('bee@keeps.test')).toBe(true);
    expect(await find('bee@keeps.test')).not.toBeNull();
  });

  test('a declined or failed change leaves everything as it was', async () => {
    const { body } = await createUser('cal@keeps.test');
    const path = pathOf(String(body.user_id));
    legacy.state.declines = true;
    for (const change of [{ email: 'new@keeps.test' }, { password: 'Another-Canal-78' }]) {
      const answer = await api('PATCH', path, change);
      expect(answer.status).toBe(400);
      expect(answer.body).toMatchObject({ errorCode: 'auth0_idp_error' });
    }
    expect((await api('DELETE', path)).status).toBe(400);
    legacy.state.isDown = true;
    expect((await api('DELETE', path)).status).toBe(503);
    expect(await find('cal@keeps.test')).not.toBeNull();
    expect(legacy.table.get('cal@keeps.test')?.password).toBe(GOOD);
  });

  test('a deletion deletes the user there', async () => {
    const { body } = await createUser('dot@keeps.test');
    expect((await api('DELETE', pathOf(String(body.user_id)))).status).toBe(204);
    expect(legacy.table.has('dot@keeps.test')).toBe(false);
    expect(await find('dot@keeps.test')).toBeNull();
  });

  test('a forgotten password is changed there, and the link works on after a failure', async () => {
    legacy.table.set('eli@keeps.test', { ...person('eli'), email: 'eli@keeps.test' });
    legacy.state.declines = true;
    const { answer, page, visitor } = await resets('eli@keeps.test', GOOD);
    expect(answer.status).toBe(400);
    expect(legacy.table.get('eli@keeps.test')?.password).toBe(OLD);
    legacy.state.declines = false;
    expect((await visitor.submit(page, { password: GOOD })).status).toBe(303);
    expect(legacy.table.get('eli@keeps.test')?.password).toBe(GOOD);
    expect(await findPassword(world.db, 'auth0|eli')).toBeNull();
  });
});
