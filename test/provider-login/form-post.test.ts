import { beforeAll, expect, test } from 'vitest';
import {
  ADA,
  type OpenIdStandIn,
  startOpenIdStandIn,
} from '../harness/providers/openid-stand-in.ts';
import { aProvider, openBrowser } from '../harness/providers/person.ts';
import { type ApiClient, claimsOf, openWorld, type World } from '../harness/world.ts';

let world: World;
let client: ApiClient;
let standIn: OpenIdStandIn;

beforeAll(async () => {
  standIn = await startOpenIdStandIn();
  world = await openWorld();
  client = await world.registerClient();
  await aProvider(world, {
    name: 'posts',
    options: {
      client_id: standIn.client.clientId,
      client_secret: standIn.client.clientSecret,
      discovery_url: `${standIn.url}/.well-known/openid-configuration`,
      type: 'front_channel',
      scope: 'openid profile email',
    },
    clientIds: [client.id],
  });
});

/** Begins a login in a browser. Returns the address of the provider to which it is sent. */
async function begins() {
  const browser = openBrowser();
  const shown = await browser.go(world.authorize(client, { audience: '', scope: 'openid' }));
  return { ...browser, leaving: await browser.leaveFor(shown, 'posts') };
}

test('a person whose provider posts the answer arrives signed in', async () => {
  const { browser, leaving, go, back } = await begins();
  const fields = await standIn.logIn(leaving, ADA);
  const next = await browser.postFromElsewhere(`${world.server.url}/login/callback`, fields);
  const arrived = back(await go(next));
  const { sub } = claimsOf((await world.exchange(client, arrived)).body.id_token);
  expect(sub).toBe(`oidc|posts|${ADA.sub}`);
});

test('a stranger who began the login does not get in with the answer that another person brings', async () => {
  const stranger = await begins();
  const lured = openBrowser();
  const fields = await standIn.logIn(stranger.leaving, ADA);
  const callback = `${world.server.url}/login/callback`;
  const next = await lured.browser.postFromElsewhere(callback, fields);
  expect((await lured.go(next)).status).toBe(400);
  const tried = await stranger.go(next);
  expect([tried.status, tried.back]).toEqual([400, null]);
});
