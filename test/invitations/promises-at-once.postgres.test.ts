import { sql } from 'kysely';
import { beforeAll, describe, expect, test } from 'vitest';
import { overtaken } from '../harness/overtaken.ts';
import { type ApiClient, made, openTab, openWorld, type World } from '../harness/world.ts';

const ROUNDS = 8;

let world: World;
let app: ApiClient;
let elsewhere: ApiClient;
let role: string;

beforeAll(async () => {
  world = await openWorld();
  app = await world.registerClient();
  elsewhere = await world.registerClient();
  role = (await made(world.server, '/roles', { name: 'Guest' })).id;
});

/** Returns an invited user with a session elsewhere. `arrives` signs them in to the application without a page. */
async function somebodyInvited() {
  const person = await world.createUser();
  const tab = openTab();
  await world.logsIn(tab, world.authorize(elsewhere), person);
  const plan = { client_id: app.id, roles: [role], app_metadata: { plan: 'team' } };
  await made(world.server, '/invitations', { recipients: [person.email], ...plan });
  const { api } = world.server;
  const invitation = async () =>
    (await api<{ id: string; state: string }[]>('GET', `/api/v2/invitations?email=${person.email}`))
      .body[0];
  const path = `/api/v2/users/${encodeURIComponent(person.userId)}`;
  const given = async () => {
    const { body: roles } = await api<object[]>('GET', `${path}/roles`);
    const { body: user } = await api<{ app_metadata?: object }>('GET', path);
    return { roles: roles.length, metadata: user.app_metadata ?? null };
  };
  const arrives = () => tab.go(world.authorize(app, { prompt: 'none' }));
  return { person, invitation, given, arrives };
}

const NOTHING = { roles: 0, metadata: null };
const EVERYTHING = { roles: 1, metadata: { plan: 'team' } };

describe('the server checks a grant at the moment it is given', () => {
  test.each([
    ['is blocked', 'blocked = true'],
    ['gets another address', "email = 'another-' || email"],
    ['has an address that is not verified any more', 'email_verified = false'],
  ])('a user who %s during a sign-in gets nothing', async (_what, change) => {
    const { person, invitation, given, arrives } = await somebodyInvited();
    await overtaken(
      world,
      (tx) => sql`update users set ${sql.raw(change)} where id = ${person.userId}`.execute(tx),
      [arrives],
    );
    expect((await invitation())?.state).toBe('pending');
    expect(await given()).toEqual(NOTHING);
  });
});

test(`an invitation that is revoked during a sign-in grants everything or nothing, in each of ${ROUNDS} rounds`, async () => {
  for (let round = 0; round < ROUNDS; round++) {
    const { invitation, given, arrives } = await somebodyInvited();
    const id = (await invitation())?.id;
    const revoke = async () => {
      const path = `/api/v2/invitations/${id}`;
      expect((await world.server.api('DELETE', path)).status).toBe(204);
    };
    const arrivals = () => Promise.all(Array.from({ length: 4 }, arrives));
    // Each side gets a head start in some of the rounds.
    await (round % 2 === 0
      ? Promise.all([arrivals(), revoke()])
      : Promise.all([revoke(), arrivals()]));
    const state = (await invitation())?.state;
    expect(['accepted', 'revoked']).toContain(state);
    expect(await given()).toEqual(state === 'accepted' ? EVERYTHING : NOTHING);
  }
});
