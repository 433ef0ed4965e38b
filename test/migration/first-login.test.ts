import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { findPassword } from '../../src/records/passwords/passwords.ts';
import { aPassword } from '../harness/factories.ts';
import { type LegacyWorld, openLegacyWorld } from './legacy-world.ts';

let world: LegacyWorld;
beforeAll(async () => {
  world = await openLegacyWorld();
});
beforeEach(() => {
  world.legacy.asked.length = 0;
  world.legacy.answer = null;
});

describe('a first login with an old password', () => {
  test('creates the user with its id, profile, metadata and password, and a mark', async () => {
    const { email, password, id } = world.inLegacy({ username: null });
    const entered = await world.enter(email, password);
    expect(entered.status).toBe(200);
    expect(await world.wire(id)).toMatchObject({
      user_id: id,
      email,
      email_verified: true,
      name: 'Ada Old',
      given_name: 'Ada',
      user_metadata: { color: 'green' },
      app_metadata: { plan: 'gold' },
      logins_count: 1,
      migrated: { by: 'login', at: expect.any(String) },
    });
    expect(await findPassword(world.db, id)).toMatchObject({ kind: 'argon2id' });
    expect(await world.typesAbout(email)).toEqual(['sepft']);
  });

  test('is the last one that asks the directory', async () => {
    const { email, password } = world.inLegacy();
    await world.enter(email, password);
    expect((await world.enter(email.toUpperCase(), password)).status).toBe(200);
    expect((await world.enter(email, aPassword())).status).toBe(403);
    expect(world.legacy.asked).toEqual([email]);
  });

  test('with a wrong password leaves nothing, and counts as ours do', async () => {
    const { email, id } = world.inLegacy();
    const entered = await world.enter(email, aPassword());
    expect(entered).toMatchObject({ status: 403, body: { error: 'invalid_grant' } });
    expect((await world.wire(id)).statusCode).toBe(404);
    expect(await world.typesAbout(email)).toEqual(['fp', 'fepft']);
  });
});
