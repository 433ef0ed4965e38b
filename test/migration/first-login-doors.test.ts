import { beforeAll, expect, test } from 'vitest';
import { aPassword } from '../harness/factories.ts';
import { openTab } from '../harness/world.ts';
import { type LegacyWorld, openLegacyWorld } from './legacy-world.ts';

let world: LegacyWorld;
beforeAll(async () => {
  world = await openLegacyWorld();
});

test('the login page takes a legacy user to the application', async () => {
  const { email, password, id } = world.inLegacy();
  const client = await world.registerClient();
  const back = await world.logsIn(openTab(), world.authorize(client), {
    ...{ email, password, userId: id },
  });
  const tokens = await world.exchange(client, back);
  expect(tokens.status).toBe(200);
  expect(await world.wire(id)).toMatchObject({ logins_count: 1, migrated: { by: 'login' } });
});

test.each([
  ['en', /The former user directory does not answer/],
  ['de', /Das bisherige Benutzerverzeichnis antwortet nicht/],
  ['fr', /L’ancien annuaire des utilisateurs ne répond pas/],
])('the login page says in %s that the directory does not answer', async (language, text) => {
  const client = await world.registerClient();
  world.legacy.answer = () => ({ kind: 'unavailable', why: 'too-large', problem: 'secret detail' });
  const tab = openTab();
  await tab.go(world.authorize(client, { ui_locales: language }));
  const shown = await tab.send({ username: 'away@old.test', password: aPassword() });
  world.legacy.answer = null;
  expect(shown.status).toBe(503);
  expect(shown.page).toMatch(text);
  expect(shown.page).not.toContain('secret detail');
});

test('the login page shows the message of a directory as text', async () => {
  const client = await world.registerClient();
  world.legacy.answer = () => ({ kind: 'denied', message: 'Call <b>the office</b>.' });
  const tab = openTab();
  await tab.go(world.authorize(client));
  const shown = await tab.send({ username: 'denied@old.test', password: aPassword() });
  world.legacy.answer = null;
  expect(shown.page).toContain('Call &lt;b&gt;the office&lt;/b&gt;.');
});
