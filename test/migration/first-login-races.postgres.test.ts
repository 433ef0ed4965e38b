import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { createApp } from '../../src/app.ts';
import { closedAtEnd } from '../harness/close-at-end.ts';
import { atOnce } from '../harness/factories.ts';
import { freePort } from '../harness/free-port.ts';
import { DEFAULT_CONNECTION } from '../harness/harness.ts';
import { planCrashes } from '../harness/planned-crash.ts';
import { openLegacyWorld, REALM } from './legacy-world.ts';

test('two hundred first logins of one person at the same instant, at two nodes, make one user', async () => {
  const world = await openLegacyWorld();
  const { server, legacy, client } = world;
  legacy.delayMs = 50;
  const port = await freePort();
  const second = await createApp({ ...server.config, port });
  second.deps.directories.open = () => legacy.directory;
  closedAtEnd(() => second.stop());
  await second.start();
  const { email, password, id } = world.inLegacy();
  const answers = await atOnce(200, async (index) => {
    const response = await fetch(
      `http://localhost:${index % 2 === 0 ? server.config.port : port}/oauth/token`,
      {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({
          grant_type: REALM,
          realm: DEFAULT_CONNECTION,
          client_id: client.id,
          client_secret: client.secret,
          username: email,
          password,
        }),
      },
    );
    return response.status;
  });
  // The limit of attempts counts all of them before it knows that the password is right.
  expect(answers.every((status) => status === 200 || status === 429)).toBe(true);
  expect(answers.filter((status) => status === 200).length).toBeGreaterThan(1);
  const { rows } = await sql`select id from users where email = ${email}`.execute(world.db);
  expect(rows).toEqual([{ id }]);
  expect(legacy.asked.length).toBeLessThanOrEqual(4);
  expect(await world.wire(id)).toMatchObject({
    app_metadata: { plan: 'gold' },
    user_metadata: { color: 'green' },
  });
}, 120_000);

test('a first login that is interrupted at any write is repeated, and loses nothing', async () => {
  const world = await openLegacyWorld();
  const tables = ['users', 'user_identifiers', 'passwords', 'migrated_users', 'tickets'];
  const plan = await planCrashes(world, [...tables, 'messages']);
  let crashes = 0;
  for (let write = 1; ; write++) {
    const { email, password, id } = world.inLegacy({
      emailVerified: null,
      mfaFactors: [{ phone: { value: '+491701234567' } }],
    });
    await plan(write);
    const entered = await world.enter(email, password);
    await plan(null);
    if (entered.status === 200 || entered.status === 403) break;
    crashes++;
    const { rows } = await sql<{ has: boolean }>`
      select exists (select 1 from passwords where user_id = users.id) as has from users where id = ${id}`.execute(
      world.db,
    );
    // All of it, or nothing.
    expect(rows.every(({ has }) => has)).toBe(true);
    await world.enter(email, password);
    expect(await world.wire(id)).toMatchObject({
      app_metadata: { plan: 'gold' },
      user_metadata: { color: 'green' },
      migrated: { by: 'login' },
    });
  }
  expect(crashes).toBeGreaterThan(5);
}, 120_000);
