import { beforeAll, describe, expect, test } from 'vitest';
import { noteMigrated } from '../../src/records/migrated-users/migrated-users.ts';
import { findPassword } from '../../src/records/passwords/passwords.ts';
import { insertUser, type NewUser } from '../../src/records/users/users.ts';
import type { PersonRow } from '../harness/factories.ts';
import { finishedJob, uploadUsers } from '../harness/imports.ts';
import { openWorld, type World } from '../harness/world.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});

const HASH = '$2b$04$n5tYGlIbLPJ2hTl6y8cMbOVrRQIoqVfVcYGFqyBGyAOdpUgr7jY7W';

/** A user as a first login leaves one, or a request for a new password (`reset`). */
async function migrated(localId: string, way: 'login' | 'reset', more: Partial<NewUser> = {}) {
  const { db, clock, connectionId } = world;
  const at = clock.now();
  return db.transaction().execute(async (tx) => {
    const user = { localId, connectionId, email: `${localId}@lazy.test`, ...more, now: at };
    const made = await insertUser(tx, user);
    if (made.kind !== 'inserted') throw new Error('The user exists.');
    const userId = made.user.id;
    await noteMigrated(tx, { userId, connectionId, way, isPartial: way === 'reset', at });
    return userId;
  });
}

async function imported(rows: PersonRow[], fields: Record<string, string> = {}) {
  const { status, body } = await uploadUsers(world.server, world.connectionId, rows, fields);
  expect(status).toBe(202);
  const job = await finishedJob(world.server, body.id);
  const report = await world.server.api('GET', `/api/v2/jobs/${body.id}/report`);
  const lines = report.text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  return { job, lines };
}

const wire = async (id: string) =>
  (
    await world.server.api<Record<string, unknown>>(
      'GET',
      `/api/v2/users/${encodeURIComponent(id)}`,
    )
  ).body;

const row = (localId: string, more: Partial<PersonRow> = {}): PersonRow => ({
  email: `${localId}@lazy.test`,
  user_id: localId,
  ...more,
});

describe('a bulk import beside a lazy migration', () => {
  test('skips a user whom a login has migrated, and says so in the report', async () => {
    const id = await migrated('skipped', 'login', { givenName: 'Ada' });
    const { job, lines } = await imported([row('skipped', { given_name: 'New' }), row('fresh')]);
    expect(job.summary).toEqual({ failed: 0, updated: 1, inserted: 1, total: 2 });
    expect(lines[0]).toMatchObject({ status: 'unchanged', user_id: id });
    expect(lines[0].notes).toMatchObject([{ code: 'ALREADY_MIGRATED' }]);
    expect(await wire(id)).toMatchObject({ given_name: 'Ada' });
  });

  test('finds the user by the id, although the address has changed since', async () => {
    const id = await migrated('moved', 'login', { email: 'elsewhere@lazy.test' });
    const { job } = await imported([row('moved')]);
    expect(job.summary).toEqual({ failed: 0, updated: 1, inserted: 0, total: 1 });
    expect(await wire(id)).toMatchObject({ email: 'elsewhere@lazy.test' });
  });

  test('fills gaps with `merge`, and keeps what the user has', async () => {
    const id = await migrated('merged', 'login', {
      givenName: 'Ada',
      appMetadata: { plan: 'gold', team: { id: 1 } },
    });
    const { lines } = await imported(
      [
        row('merged', {
          given_name: 'New',
          family_name: 'Lovelace',
          name: 'Ada L.',
          email_verified: true,
          app_metadata: { plan: 'lead', team: { id: 2, name: 'a' }, since: 2019 },
          user_metadata: { color: 'red' },
        }),
      ],
      { migrated_users: 'merge' },
    );
    expect(lines[0]).toMatchObject({ status: 'updated', user_id: id });
    expect(await wire(id)).toMatchObject({
      given_name: 'Ada',
      family_name: 'Lovelace',
      name: 'Ada L.',
      email_verified: true,
      app_metadata: { plan: 'gold', team: { id: 1, name: 'a' }, since: 2019 },
      user_metadata: { color: 'red' },
    });
  });

  test('completes a user of whom a forgotten password left only the profile', async () => {
    const id = await migrated('partial', 'reset', { givenName: 'Ada' });
    const { job } = await imported([row('partial', { given_name: 'New', password_hash: HASH })]);
    expect(job.summary).toEqual({ failed: 0, updated: 1, inserted: 0, total: 1 });
    expect(await wire(id)).toMatchObject({ given_name: 'New' });
    expect(await findPassword(world.db, id)).toMatchObject({ kind: 'imported' });
  });

  test('with upsert updates migrated users like all others, unless the request says otherwise', async () => {
    const id = await migrated('upserted', 'login', { givenName: 'Ada' });
    await imported([row('upserted', { given_name: 'B' })], { upsert: 'true' });
    expect(await wire(id)).toMatchObject({ given_name: 'B' });
    const kept = { upsert: 'true', migrated_users: 'skip' };
    await imported([row('upserted', { given_name: 'C' })], kept);
    expect(await wire(id)).toMatchObject({ given_name: 'B' });
  });

  test('predicts all this in a dry run', async () => {
    await migrated('dry', 'login');
    const { job } = await imported([row('dry'), row('dry2')], { dry_run: 'true' });
    expect(job.summary).toEqual({ failed: 0, updated: 1, inserted: 1, total: 2 });
  });

  test('still refuses an existing user who was not migrated', async () => {
    await imported([row('known')]);
    const { job, lines } = await imported([row('known')]);
    expect(job.summary).toMatchObject({ failed: 1 });
    expect(lines[0].errors).toMatchObject([{ code: 'DUPLICATED_USER' }]);
  });

  test('refuses an unknown value of its fields, and mails that nobody could use', async () => {
    const odd = await uploadUsers(world.server, world.connectionId, [row('a')], {
      migrated_users: 'drop',
    });
    expect(odd.status).toBe(400);
    const { id } = await world.aConnection({ disable_self_service_change_password: true }, 'staff');
    await world.registerClient({});
    const { body } = await world.server.api<{ client_id: string }[]>('GET', '/api/v2/clients');
    await world.server.api('PATCH', `/api/v2/connections/${id}/clients`, [
      { client_id: body[0]?.client_id, status: true },
    ]);
    const refused = await uploadUsers(world.server, id, [row('a')], {
      without_password: 'ask_by_mail',
    });
    expect(refused.status).toBe(400);
    expect(refused.text).toContain('without_password cannot be ask_by_mail');
  });
});
