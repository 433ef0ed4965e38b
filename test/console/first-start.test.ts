import { join } from 'node:path';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { openDatabase } from '../../src/platform/db/db.ts';
import { type DatabaseCopy, EMBEDDED_FOLDER } from '../harness/database.ts';
import { freePort } from '../harness/free-port.ts';
import { startServer } from '../harness/harness.ts';
import { formOf } from '../harness/visitor.ts';
import { sharedDatabase, startUsher } from './usher-process.ts';

const SLOW = { timeout: 300_000 };

/** Waits between two starts, because the embedded database allows one process at a time. */
async function inDatabase(copy: DatabaseCopy, statement: string): Promise<unknown[]> {
  const database = await openDatabase({
    url: copy.url,
    dataDir: join(copy.dataDir, EMBEDDED_FOLDER),
  });
  const { rows } = await sql.raw<unknown>(statement).execute(database.db);
  await database.close();
  return rows;
}

async function accept(link: string): Promise<Response> {
  const page = await fetch(link);
  const cookie = (page.headers.getSetCookie()[0] ?? '').split(';')[0] ?? '';
  const { action, fields } = formOf(await page.text());
  return fetch(new URL(action, link), {
    method: 'POST',
    redirect: 'manual',
    headers: { cookie },
    body: new URLSearchParams({ ...fields, password: 'Tulip-Canal-77' }),
  });
}

test(
  'every start prints the same link until it is used, and a new one after its expiry',
  SLOW,
  async () => {
    const database = await sharedDatabase();
    const port = await freePort();
    const start = () => startUsher(database, { port });

    const first = await start();
    expect(first.link).toMatch(
      new RegExp(`^${first.url}/u/reset-verify\\?ticket=[A-Za-z0-9]{32}&type=invite#$`),
    );
    expect(first.printed()).toContain('administrator@localhost');
    await first.stop();

    const second = await start();
    expect(second.link).toBe(first.link);
    await second.stop();
    const stored = () =>
      inDatabase(
        database,
        `select u.email, u.connection_id, u.app_metadata, a.role, p.user_id is not null as has_password
         from users u join administrators a on a.user_id = u.id left join passwords p on p.user_id = u.id`,
      );
    const administrator = {
      email: 'administrator@localhost',
      connection_id: 'con_administrators00',
      app_metadata: null,
      role: 'owner',
    };
    expect(await stored()).toEqual([{ ...administrator, has_password: false }]);

    await inDatabase(database, `update tickets set expires_at = now() - interval '1 minute'`);
    const third = await start();
    expect(third.link).not.toBe(first.link);
    expect((await fetch(first.link ?? '')).status).toBe(410);
    const accepted = await accept(third.link ?? '');
    expect(accepted.status).toBe(303);
    expect(accepted.headers.get('location')).toMatch(`${third.url}/console/login?`);
    await third.stop();

    const fourth = await start();
    expect(fourth.link).toBeNull();
    expect(fourth.printed()).toMatch(/^Usher is at http:\S+\n/);
    expect(fourth.printed()).not.toContain('administrator');
    const mailbox = /http\S+\/dev\/mailbox\/\S+/.exec(fourth.printed())?.[0] ?? '';
    const elsewhere = { headers: { 'x-forwarded-for': '203.0.113.7' } };
    expect((await fetch(mailbox, elsewhere)).status).toBe(200);
    expect((await fetch(`${fourth.url}/dev/mailbox`, elsewhere)).status).toBe(403);
    await fourth.stop();
    expect(await stored()).toEqual([{ ...administrator, has_password: true }]);
  },
);

test('a new address takes over from one whose link is unused', SLOW, async () => {
  const database = await sharedDatabase();
  const port = await freePort();
  const first = await startUsher(database, { port });
  await first.stop();
  const env = { USHER_ADMIN_EMAIL: 'Mira@Example.com' };
  const second = await startUsher(database, { port, env });
  expect(second.printed()).toContain('as mira@example.com.');
  expect((await fetch(first.link ?? '')).status).toBe(404);
  expect((await fetch(second.link ?? '')).status).toBe(200);
});

test('a server with a bootstrap client prints no link, and its console explains how to get one', async () => {
  const server = await startServer();
  const users = await server.api<unknown[]>('GET', '/api/v2/users');
  expect(users.body).toEqual([]);
  const page = await fetch(`${server.url}/console`, { headers: { accept: 'text/html' } });
  expect(page.url).toBe(`${server.url}/console/login`);
  expect(page.status).toBe(404);
  expect(await page.text()).toContain('This server has no administrators');
});
