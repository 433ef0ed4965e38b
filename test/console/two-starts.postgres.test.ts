import { join } from 'node:path';
import pg from 'pg';
import { expect, test } from 'vitest';
import { freePort } from '../harness/free-port.ts';
import { sharedDatabase, startUsher } from './usher-process.ts';

test('two servers that start at once create one administrator and print the same link', {
  timeout: 300_000,
}, async () => {
  const database = await sharedDatabase();
  const publicUrl = 'https://id.example.com';
  const ports = [await freePort(), await freePort()];
  // Each node has its own data folder.
  const ushers = await Promise.all(
    ports.map((port) =>
      startUsher(database, {
        port,
        publicUrl,
        env: { DATA_DIR: join(database.dataDir, String(port)) },
      }),
    ),
  );
  const [first, second] = ushers;
  expect(first?.link).toMatch(`${publicUrl}/u/reset-verify?ticket=`);
  expect(second?.link).toBe(first?.link);

  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  const { rows } = await client.query(
    `select u.email, u.connection_id, a.role, t.used_at from users u join administrators a on a.user_id = u.id
     join tickets t on t.user_id = u.id`,
  );
  await client.end();
  expect(rows).toEqual([
    {
      email: 'administrator@id.example.com',
      connection_id: 'con_administrators00',
      role: 'owner',
      used_at: null,
    },
  ]);
});
