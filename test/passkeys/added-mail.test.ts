import { beforeAll, expect, test } from 'vitest';
import { plainBrowser } from '../harness/plain-browser.ts';
import { type ApiClient, openWorld, type World } from '../harness/world.ts';
import { newAuthenticator } from './authenticator.ts';
import { openDoor } from './door.ts';

let world: World;
let client: ApiClient;

beforeAll(async () => {
  world = await openWorld();
  client = await world.registerClient();
  await world.server.api('PATCH', `/api/v2/connections/${world.connectionId}`, {
    options: {
      authentication_methods: { passkey: { enabled: true } },
      passkey_options: { progressive_enrollment_enabled: true },
    },
  });
});

/** A browser in which a script has said that it can make passkeys. */
const browser = () =>
  plainBrowser((input, init) => {
    const headers = new Headers(init?.headers);
    headers.set('cookie', `${headers.get('cookie')}; usher_passkeys=yes`);
    return fetch(input, { ...init, headers });
  });

/** Logs in with a password, and answers the offer of a passkey. */
async function addsPasskey(user: { email: string; password: string }): Promise<void> {
  const used = browser();
  const link = world.authorize(client, { audience: '', scope: 'openid' });
  const login = await openDoor(world, link, undefined, used);
  const { email: username, password } = user;
  const { location } = await login.sends('', { passkey: '', username, password });
  const offer = new URL(location ?? '', world.server.url).href;
  const door = await openDoor(world, offer, undefined, used);
  const answer = newAuthenticator(world.server.url).register(await door.options());
  expect((await door.sends(answer)).status).toBe(303);
}

test('a mail tells the owner of an account that it has a new passkey', async () => {
  const user = await world.createUser({ email_verified: true });
  await addsPasskey(user);
  const { mail } = await world.server.sink.waitForMail(user.email);
  expect(mail.subject).toMatch(/You can now log in to .+ with a passkey/);
  expect(mail.text).toContain('If it was not you');
});
