import { beforeAll, describe, expect, test } from 'vitest';
import { markDomainVerified } from '../../src/records/custom-domains/custom-domains.ts';
import { findInvitation } from '../../src/records/invitations/invitations.ts';
import { aProvider } from '../harness/providers/person.ts';
import { type SmallProvider, startSmallProvider } from '../harness/providers/small-provider.ts';
import { headlineOf } from '../harness/visitor.ts';
import {
  type ApiClient,
  CALLBACK,
  claimsOf,
  made,
  openWorld,
  type World,
} from '../harness/world.ts';
import { configure } from '../second-factors/factors.ts';
import { openManyHosts } from './many-hosts.ts';

const DOMAIN = 'login.custom.test';
const OTHER = 'other.custom.test';
const UNVERIFIED = 'unverified.custom.test';

let world: World;
let client: ApiClient;
let provider: SmallProvider;
let connectionId: string;
let serial = 0;

beforeAll(async () => {
  provider = await startSmallProvider();
  world = await openWorld();
  await configure(world.db, { factors: [], policies: [] });
  client = await world.registerClient();
  const connection = await aProvider(world, {
    name: 'acme-id',
    options: { ...provider.options, domain_aliases: ['acme.example'] },
    clientIds: [client.id],
  });
  connectionId = connection.id;
  for (const domain of [DOMAIN, OTHER, UNVERIFIED]) {
    const { custom_domain_id: id } = await made(world.server, '/custom-domains', {
      domain,
      type: 'self_managed_certs',
    });
    if (domain !== UNVERIFIED) await markDomainVerified(world.db, id, world.clock.now());
  }
});

const aMember = () => {
  serial += 1;
  const email = `ada-${serial}@acme.example`;
  return { sub: `ada-${serial}`, email, email_verified: true, name: 'Ada' };
};
const authorizeAt = (host: string) => {
  const url = new URL(world.authorize(client, { audience: '', scope: 'openid' }));
  return `https://${host}${url.pathname}${url.search}`;
};
const publicHost = () => new URL(world.server.url).host;

/** Presses the button of the provider. Returns the address there, and where the provider then sends the browser. */
async function leaves(browser: ReturnType<typeof openManyHosts>, start: string, headers = {}) {
  const shown = await browser.go(start, headers);
  const { url: leaving } = await browser.send(shown, {
    having: 'value="acme-id"',
    connection: 'acme-id',
  });
  const answer = await fetch(leaving, { redirect: 'manual' });
  return { shown, leaving, callback: answer.headers.get('location') ?? '' };
}

describe('a login on a verified custom domain', () => {
  test('stays there, also for the answer of the provider, and ends at the application', async () => {
    const person = aMember();
    provider.logsIn(person);
    const browser = openManyHosts(world.app);
    const { shown, leaving, callback } = await leaves(browser, authorizeAt(DOMAIN));
    expect(shown.url.host).toBe(DOMAIN);
    expect(leaving.searchParams.get('redirect_uri')).toBe(`https://${DOMAIN}/login/callback`);
    const arrived = await browser.go(callback);
    expect(arrived.isAtApplication, headlineOf(arrived)).toBe(true);
    const { sub, iss } = claimsOf((await world.exchange(client, arrived.url)).body.id_token);
    expect([sub, iss]).toEqual([`oidc|acme-id|${person.sub}`, `${world.server.url}/`]);
  });

  test('is not logged in on another domain of the same server', async () => {
    provider.logsIn(aMember());
    const browser = openManyHosts(world.app);
    const { callback } = await leaves(browser, authorizeAt(DOMAIN));
    await browser.go(callback);
    expect((await browser.go(authorizeAt(DOMAIN))).isAtApplication).toBe(true);
    expect((await browser.go(authorizeAt(OTHER))).isAtApplication).toBe(false);
  });
});

test('an invitation under a custom domain is accepted with a provider', async () => {
  const person = aMember();
  const user = await world.aUser({ id: world.connectionId }, { email: person.email });
  const connectionIds = [world.connectionId, connectionId];
  const plan = { resultUrl: `${CALLBACK}?accepted=1`, connectionIds };
  const { secret, id } = await world.anInvitation(user, { clientId: client.id, plan });
  provider.logsIn(person);
  const browser = openManyHosts(world.app);
  const link = `https://${DOMAIN}/u/invitation?ticket=${secret}`;
  const { callback } = await leaves(browser, link);
  expect(new URL(callback).host).toBe(DOMAIN);
  const accepted = await browser.go(callback);
  expect(accepted.url.searchParams.get('accepted')).toBe('1');
  expect((await findInvitation(world.db, id))?.state).toBe('accepted');
  // The login at the application follows without a question, on the same domain.
  const arrived = await browser.go(authorizeAt(DOMAIN));
  expect(arrived.isAtApplication).toBe(true);
  const { sub } = claimsOf((await world.exchange(client, arrived.url)).body.id_token);
  expect(sub).toBe(user.id);
});

describe('an answer on another host than that of the login', () => {
  test('is refused, and stays good on its own host', async () => {
    provider.logsIn(aMember());
    const browser = openManyHosts(world.app);
    const { callback } = await leaves(browser, authorizeAt(DOMAIN));
    for (const host of [OTHER, publicHost()]) {
      await leaves(browser, authorizeAt(host));
      const moved = new URL(callback);
      moved.host = host;
      const refused = await browser.go(moved.href);
      expect([refused.status, headlineOf(refused)]).toEqual([400, 'This login began elsewhere']);
    }
    expect((await browser.go(callback)).isAtApplication).toBe(true);
  });

  test('is refused also with the cookies of its own host', async () => {
    provider.logsIn(aMember());
    const browser = openManyHosts(world.app);
    const { callback } = await leaves(browser, authorizeAt(DOMAIN));
    expect((await browser.go(callback, { host: OTHER })).status).toBe(400);
    expect((await browser.go(callback)).isAtApplication).toBe(true);
  });

  test('is refused in a form, and the answer is not used up', async () => {
    provider.logsIn(aMember());
    const browser = openManyHosts(world.app);
    const { callback } = await leaves(browser, authorizeAt(DOMAIN));
    const fields = new URL(callback).searchParams;
    const posted = await world.app.inject({
      method: 'POST',
      url: '/login/callback',
      headers: { host: OTHER, 'content-type': 'application/x-www-form-urlencoded' },
      payload: fields.toString(),
    });
    expect(posted.statusCode).toBe(400);
    expect((await browser.go(callback)).isAtApplication).toBe(true);
  });
});

describe('the provider sends the browser only to hosts that are verified:', () => {
  test.for([
    ['a domain that is not verified', { host: UNVERIFIED }],
    ['an unknown host', { host: 'evil.example' }],
    ['a domain with a port', { host: `${DOMAIN}:8443` }],
    ['a domain with a user before it', { host: `evil.example@${DOMAIN}` }],
    ['a domain inside of another', { host: `${DOMAIN}.evil.example` }],
    ['a path', { host: `${DOMAIN}/evil.example` }],
    ['a header of a proxy that is not trusted', { 'x-forwarded-host': DOMAIN }],
    ['another header of proxies', { forwarded: `host=${DOMAIN}` }],
  ] as const)('not to %s', async ([, headers]) => {
    const all = { host: publicHost(), ...headers };
    const browser = openManyHosts(world.app);
    const shown = await browser.go(authorizeAt(publicHost()), all);
    const form = shown.html
      .match(/<form\b[^>]*>[\s\S]*?<\/form>/g)
      ?.find((each) => each.includes('acme-id'));
    expect(form ?? '').not.toContain('evil');
    const { leaving } = await leaves(browser, authorizeAt(publicHost()), all);
    expect(leaving.searchParams.get('redirect_uri')).toBe(`${world.server.url}/login/callback`);
  });

  test('in any spelling of its name', async () => {
    const browser = openManyHosts(world.app);
    const start = authorizeAt(DOMAIN);
    for (const host of [DOMAIN.toUpperCase(), `${DOMAIN}:443`]) {
      const shown = await browser.go(start, { host });
      expect(shown.status).toBe(200);
    }
  });
});
