import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { finishedJob, uploadUsers } from '../harness/imports.ts';
import { openPasswordWorld } from '../harness/password-world.ts';
import { startLegacyServer } from './legacy-server.ts';

const USERS = 1200;
const AT_ONCE = 12;

test('everyone is here once when a third comes by login while the bulk import runs', async () => {
  const world = await openPasswordWorld();
  const people = Array.from({ length: USERS }, (_, i) => ({
    id: `u${i}`,
    email: `u${i}@mixed.test`,
    password: `Tulip-Canal-${i}`,
  }));
  const legacy = await startLegacyServer(people);
  world.server.app.deps.directories.open = () => legacy.directory;
  await world.aConnection({ enabledDatabaseCustomization: true, import_mode: true });

  // Half of these logins come before their rows are read, the others race with them.
  const coming = people.filter((_, i) => i % 10 < 3);
  let next = 0;
  const refused: unknown[] = [];
  async function logins(until: number): Promise<void> {
    while (next < until) {
      const i = next++;
      const { email = '', password = '' } = coming[i] ?? {};
      const ip = `203.0.${i >> 8}.${i & 255}`;
      const { status, body } = await world.login(email, password, { ip });
      if (status !== 200) refused.push([email, status, body]);
    }
  }
  const lanes = (until: number) =>
    Promise.all(Array.from({ length: AT_ONCE }, () => logins(until)));

  await lanes(Math.floor(coming.length / 4));
  const rows = people.map(({ id, email, password }) => ({
    email,
    user_id: id,
    custom_password_hash: {
      algorithm: 'sha256',
      hash: { value: createHash('sha256').update(password).digest('hex'), encoding: 'hex' },
    },
  }));
  const [uploaded] = await Promise.all([
    uploadUsers(world.server, world.connectionId, rows),
    lanes(coming.length),
  ]);
  const job = await finishedJob(world.server, uploaded.body.id);
  expect(refused).toEqual([]);
  const { inserted = 0, updated = 0, failed, total } = job.summary ?? {};
  expect([failed, total, inserted + updated]).toEqual([0, USERS, USERS]);

  const { rows: found } = await sql<{ id: string }>`
    select id from users where connection_id = ${world.connectionId}`.execute(world.db);
  expect(new Set(found.map(({ id }) => id))).toEqual(
    new Set(people.map(({ id }) => `auth0|${id}`)),
  );
  const path = `/api/v2/connections/${world.connectionId}/migration`;
  const { body } = await world.server.api<{ migrated: number; imported: number }>('GET', path);
  expect(body.migrated).toBe(updated);
  expect(body).toMatchObject({
    imported: inserted,
    partial: 0,
    remaining: 0,
    directory_users: USERS,
  });

  // Nobody had to choose a new password, whichever way they came.
  legacy.asked.length = 0;
  for (const { email, password } of [...people.slice(0, 10), ...people.slice(-10)]) {
    expect((await world.login(email, password)).status).toBe(200);
  }
  expect(legacy.asked).toEqual([]);
}, 300_000);
