import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { usableMethods } from '../../src/flows/second-factor/second-factor.ts';
import type { Client } from '../../src/records/clients/clients.ts';
import { type Connection, enableClients } from '../../src/records/connections/connections.ts';
import type { User } from '../../src/records/users/users.ts';
import { aVisitor, type Page, type Visitor } from '../harness/visitor.ts';
import { keys, openStillWorld, type StillWorld } from '../harness/world.ts';
import { aMethod, configure, otpAt, SECRET } from '../second-factors/factors.ts';

const OLD = 'Tulip-Canal-77';
const NEW = 'Poplar-Bridge-55';

let world: StillWorld;
let connection: Connection;
let client: Client;

beforeAll(async () => {
  world = await openStillWorld();
  connection = await world.aConnection();
  client = await world.aClient(connection);
});

beforeEach(() => configure(world.db, { factors: ['otp'] }));

/** Types the password, and follows to the page after it. */
async function enter(user: User, visitor: Visitor, password = OLD): Promise<Page> {
  const state = await world.beginLogin(visitor, client.id);
  const login = await visitor.get(`/u/login?state=${state}`);
  const answer = await visitor.submit(login, { username: user.email ?? '', password });
  const next = String(answer.headers.location ?? '');
  return next.startsWith('/u/') ? visitor.get(next) : answer;
}

/** Chooses another password with a link, a minute later. */
async function resets(user: User, visitor: Visitor): Promise<Page> {
  world.passTime(60);
  const secret = await world.aTicket(user);
  const page = await visitor.get(`/u/reset-verify?ticket=${secret}`);
  const done = await visitor.submit(page, { password: NEW });
  expect(done.status).toBe(303);
  return done;
}

const withTotp = (user: User) =>
  aMethod(
    { db: world.db, key: keys.encryption, now: world.clock.now() },
    { userId: user.id, kind: 'totp', totpSecret: SECRET },
  );

describe('a new password ends the logins of the old password', () => {
  test("a page that waits for a first factor enrols no other user's factor", async () => {
    const user = await world.aUser(connection, { password: OLD });
    const thief = aVisitor(world);
    const page = await enter(user, thief);
    const secret = /<code class="copy">([A-Z2-7 ]+)</.exec(page.html)?.[1]?.replaceAll(' ', '');
    if (secret === undefined) throw new Error(page.html);
    await resets(user, aVisitor(world));
    const code = otpAt(secret, world.clock.now());
    const late = await thief.submit(page, { code });
    expect(late.status).toBe(303);
    expect(await world.userIn(thief, client.id)).toBeNull();
    expect(await usableMethods({ ...world, keys }, user.id)).toEqual([]);
  });

  test('a page that waits for the second factor logs nobody in', async () => {
    const user = await world.aUser(connection, { password: OLD });
    await withTotp(user);
    const thief = aVisitor(world);
    const page = await enter(user, thief);
    await resets(user, aVisitor(world));
    await thief.submit(page, { code: otpAt(SECRET, world.clock.now()) });
    expect(await world.userIn(thief, client.id)).toBeNull();
    // A login with the new password succeeds.
    const owner = aVisitor(world);
    const own = await enter(user, owner, NEW);
    const done = await owner.submit(own, { code: otpAt(SECRET, world.clock.now()) });
    expect((await world.claimsAfter(owner, done)).sub).toBe(user.id);
    expect(await world.loginsOf(user.id)).toBe(1);
  });

  test('a waiting browser is not logged in after an earlier change', async () => {
    await configure(world.db, { factors: [], policies: [] });
    const user = await world.aUser(connection, { password: OLD });
    const thief = aVisitor(world);
    await resets(user, thief);
    await resets(user, aVisitor(world));
    await world.openLogin(thief, client.id);
    expect(await world.userIn(thief, client.id)).toBeNull();
  });
});

test("the user's own connection decides about the second factor, whichever connection the page is for", async () => {
  const exempt = await world.aConnection({ mfa: { active: false } }, `a-${Date.now()}`);
  const strict = await world.aConnection({}, `b-${Date.now()}`);
  const app = await world.aClient(exempt);
  await enableClients(world.db, strict.id, [app.id]);
  const user = await world.aUser(strict, { password: OLD });
  await withTotp(user);
  const visitor = aVisitor(world);
  await resets(user, visitor);
  const answer = await world.openLogin(visitor, app.id);
  expect(answer.headers.location).toContain('/u/mfa-otp-challenge');
  expect(await world.userIn(visitor, app.id)).toBeNull();
});

test('a token for factors requires the second factor even in a remembered browser', async () => {
  const user = await world.aUser(connection, { password: OLD });
  await withTotp(user);
  const visitor = aVisitor(world);
  const page = await enter(user, visitor);
  const code = otpAt(SECRET, world.clock.now());
  await visitor.submit(page, { code, remember: 'yes' });
  await enter(user, visitor);
  expect(await world.loginsOf(user.id)).toBe(2);
  for (const policies of [['all-applications'], []] as const) {
    await configure(world.db, { factors: ['otp'], policies: [...policies] });
    const state = await world.beginLogin(visitor, client.id, {
      audience: `${world.publicUrl}/mfa/`,
    });
    const login = await visitor.get(`/u/login?state=${state}`);
    const answer = await visitor.submit(login, { username: user.email ?? '', password: OLD });
    expect(answer.headers.location).toContain('/u/mfa-otp-challenge');
  }
  expect(await world.loginsOf(user.id)).toBe(2);
});
