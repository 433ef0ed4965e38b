import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { startProfilePage } from '../../examples/profile-page/profile-page.ts';
import { launchBrowser } from '../harness/browser.ts';
import { closedAtEnd } from '../harness/close-at-end.ts';
import { freePort } from '../harness/free-port.ts';
import { openWorld, type World } from '../harness/world.ts';
import { scriptsOf } from './scripted.ts';

const SECRET = 'a shared secret of the action and the page';
const code = readFileSync(
  join(import.meta.dirname, '../../examples/profile-page/action.js'),
  'utf8',
);

let world: World;

beforeAll(async () => {
  world = await openWorld();
});

test('a person completes the profile on a page of another origin, once', async () => {
  const profile = await startProfilePage({
    issuer: world.server.url,
    secret: SECRET,
    port: await freePort(),
  });
  closedAtEnd(profile.close);
  // Another site than the server: its form comes without the server's cookies.
  const page = profile.url.replace('localhost', '127.0.0.1');
  const scripts = scriptsOf(world);
  await scripts.deploy('post-login', { code, secrets: { SECRET, PAGE: page } });
  const application = createServer((_request, response) => response.end('arrived'));
  const port = await freePort();
  await new Promise<void>((done) => application.listen(port, '127.0.0.1', () => done()));
  closedAtEnd(async () => void application.close());
  const callback = `http://localhost:${port}/callback`;
  const client = await world.registerClient({ callbacks: [callback] });
  const person = await world.createUser();

  const browser = await launchBrowser();
  closedAtEnd(() => browser.close());
  const context = await browser.newContext();
  const tab = await context.newPage();
  await tab.goto(world.authorize(client, { redirect_uri: callback }));
  await tab.fill('[name=username]', person.email);
  await tab.fill('[name=password]', person.password);
  await tab.keyboard.press('Enter');
  await tab.waitForURL(`${page}**`);
  expect(await tab.textContent('body')).toContain(person.email);
  await tab.fill('[name=company]', 'Meadow & Sons');
  await tab.click('button');
  await tab.click('button');
  await tab.waitForURL(`${callback}**`);
  expect(new URL(tab.url()).searchParams.get('code')).not.toBeNull();
  const { body } = await world.server.api<{ user_metadata: object }>(
    'GET',
    `/api/v2/users/${person.userId}`,
  );
  expect(body.user_metadata).toEqual({ company: 'Meadow & Sons' });

  await tab.goto(world.authorize(client, { redirect_uri: callback }));
  await tab.waitForURL(`${callback}**`);
});
