import { expect, test } from 'vitest';
import { runUsher } from '../cli/run-usher.ts';
import { freePort } from '../harness/free-port.ts';
import { arrive } from './administrator.ts';
import { sharedDatabase, startUsher } from './usher-process.ts';

test('the command line creates, lists and removes administrators in the database itself', {
  timeout: 300_000,
}, async () => {
  const database = await sharedDatabase();
  const port = await freePort();
  const usher = async (...args: string[]) => {
    const ended = await runUsher(['admin', ...args], {
      cwd: database.dataDir,
      env: {
        PUBLIC_URL: `http://localhost:${port}`,
        DATA_DIR: database.dataDir,
        ...(database.url !== undefined && { DATABASE_URL: database.url }),
        USHER_SECRET: 'a-secret-for-tests-only-0123456789abcdef',
      },
    });
    return { ...ended, text: ended.stdout + ended.stderr };
  };

  expect(await usher('invite', 'nobody')).toMatchObject({ code: 2 });
  const invited = await usher('invite', 'Mira@Example.com', '--json');
  expect([invited.code, JSON.parse(invited.stdout)]).toEqual([
    0,
    {
      email: 'mira@example.com',
      link: expect.stringContaining(`http://localhost:${port}/u/reset-verify?ticket=`),
      expires_at: expect.any(String),
      new: true,
    },
  ]);
  expect((await usher('list')).text).toContain('mira@example.com  owner, invited');

  const server = await startUsher(database, {
    port,
    env: { USHER_ADMIN_EMAIL: 'mira@example.com' },
  });
  // Every start prints the same link while it is usable.
  expect(server.link).toBe(JSON.parse(invited.stdout).link);
  await arrive(server.link ?? '', 'Tulip-Canal-77-Barge');
  await server.stop();

  const again = await usher('invite', 'mira@example.com');
  expect(again.text).toContain('sets a new password');
  expect(again.text).toMatch(/\/u\/reset-verify\?ticket=\w{32}&type=invite#/);
  const { stdout } = await usher('list', '--json');
  expect(JSON.parse(stdout)).toMatchObject([
    { email: 'mira@example.com', role: 'owner', state: 'active' },
  ]);
  expect(await usher('remove', 'mira@example.com')).toMatchObject({ code: 0 });
  expect(await usher('remove', 'mira@example.com')).toMatchObject({ code: 1 });
  expect((await usher('list')).text).toContain('There are no administrators.');
});
