import { beforeAll, describe, expect, test } from 'vitest';
import { enableClients, findConnectionByName } from '../../src/records/connections/connections.ts';
import { findUser, findUserByEmail } from '../../src/records/users/users.ts';
import { aPerson, atOnce } from '../harness/factories.ts';
import { aProvider, openBrowser } from '../harness/providers/person.ts';
import { openProviderWorld, type ProviderWorld } from '../harness/providers/provider-world.ts';
import { linkIn } from '../harness/smtp-sink.ts';
import { headlineOf, textOf } from '../harness/visitor.ts';
import { claimsOf, made } from '../harness/world.ts';

let world: ProviderWorld;
let client: ProviderWorld['client'];
let provider: ProviderWorld['provider'];
let connectionId: string;
let serial = 0;

beforeAll(async () => {
  world = await openProviderWorld();
  ({ client, provider } = world);
  connectionId = world.acme.id;
});

const begin = (tab: ReturnType<typeof openBrowser>, more: Record<string, string> = {}) =>
  tab.go(world.authorize(client, { audience: '', scope: 'openid profile email', ...more }));
const aMember = (more: object = {}) => ({
  sub: `member-${++serial}`,
  email: aPerson().email,
  name: 'Ada Example',
  ...more,
});
const claimsAt = async (back: URL) => claimsOf((await world.exchange(client, back)).body.id_token);
const page = ({ page: html }: { page: string }) => ({ html });

describe('a person of an OpenID provider', () => {
  test('gets an account at the first login, and the same at the next', async () => {
    const person = aMember();
    provider.logsIn(person);
    const tab = openBrowser();
    const shown = await begin(tab);
    expect(textOf(page(shown))).toContain('Continue with acme-id');
    const claims = await claimsAt(tab.back(await tab.choose(shown, 'acme-id')));
    expect(claims).toMatchObject({
      sub: `oidc|acme-id|${person.sub}`,
      email: person.email,
      email_verified: false,
      name: 'Ada Example',
    });
    const other = openBrowser();
    const again = await other.choose(await begin(other), 'acme-id');
    expect((await claimsAt(other.back(again))).sub).toBe(claims.sub);
    const user = await findUser(world.db, String(claims.sub));
    expect(user).toMatchObject({ connectionId, loginsCount: 2 });
    const logs = await world.logs(`q=${encodeURIComponent(`user_id:"${claims.sub}"`)}`);
    const about = { connection: 'acme-id', connection_id: connectionId, strategy: 'oidc' };
    expect(logs.map(({ type }) => type).toSorted()).toEqual(['s', 's', 'seacft', 'seacft', 'ss']);
    for (const entry of logs.filter(({ type }) => type === 's' || type === 'ss')) {
      expect(entry).toMatchObject(about);
    }
  });

  test('goes straight to the provider that the application names', async () => {
    provider.logsIn(aMember());
    const tab = openBrowser();
    const done = await begin(tab, { connection: 'acme-id', login_hint: 'ada@example.test' });
    expect(tab.back(done).searchParams.has('code')).toBe(true);
    expect(provider.requests.at(-1)?.get('login_hint')).toBe('ada@example.test');
  });

  test('is told calmly when the provider refuses, and can try again', async () => {
    provider.denies();
    const tab = openBrowser();
    const refused = await begin(tab, { connection: 'acme-id' });
    expect(new URL(refused.url).pathname).toBe('/u/login');
    expect(textOf(page(refused))).toContain('You have not logged in with acme-id.');
    provider.logsIn(aMember());
    expect(tab.back(await tab.choose(refused, 'acme-id')).searchParams.has('code')).toBe(true);
  });

  test('sees the login page when the provider is down', async () => {
    const tab = openBrowser();
    const shown = await begin(tab);
    const leaving = await tab.leaveFor(shown, 'acme-id');
    provider.logsIn(aMember());
    const answer = await fetch(leaving, { redirect: 'manual' });
    provider.breaks(true);
    const back = await tab.go(answer.headers.get('location') ?? '');
    provider.breaks(false);
    expect(textOf(page(back))).toContain('acme-id can’t be reached right now.');
  });
});

describe('an address that a provider does not vouch for', () => {
  test('is confirmed only by the account itself, whoever reads its mail', async () => {
    const person = aMember();
    provider.logsIn(person);
    const tab = openBrowser();
    const done = await tab.choose(await begin(tab), 'acme-id');
    const { sub } = await claimsAt(tab.back(done));
    const mail = await world.server.sink.waitForMail(person.email);
    const link = linkIn(mail, /https?:\S+\/u\/email-verification\?ticket=\w+/);
    const reader = openBrowser();
    const seen = await reader.go(link);
    expect([seen.status, headlineOf(asPage(seen))]).toEqual([403, 'Log in first']);
    expect(textOf(page(seen))).toContain('sent for an account of acme-id');
    await tab.go(link);
    // A form from the reader's browser, as if its page had one.
    const csrf = { csrf: 'x' };
    expect((await reader.browser.post(link, csrf)).status).toBe(403);
    expect(await findUser(world.db, String(sub))).toMatchObject({ emailVerified: false });
    await tab.prove();
    expect(await findUser(world.db, String(sub))).toMatchObject({ emailVerified: true });
  });
});

describe('an address of a company', () => {
  beforeAll(async () => {
    await aProvider(world, {
      name: 'corp',
      options: { ...provider.options, domain_aliases: ['corp.example'] },
      settings: { show_as_button: false },
      clientIds: [client.id],
    });
  });

  test('leads to its provider, whether it has an account or not', async () => {
    const email = `ada-${++serial}@corp.example`;
    provider.logsIn({ sub: email, email, email_verified: true });
    for (const typed of [email, email.toUpperCase()]) {
      const tab = openBrowser();
      const shown = await begin(tab);
      expect(shown.page).not.toContain('value="corp"');
      const { sub } = await claimsAt(tab.back(await tab.send({ username: typed, password: '' })));
      expect(sub).toBe(`oidc|corp|${email}`);
      expect(provider.requests.at(-1)?.get('login_hint')?.toLowerCase()).toBe(email);
    }
  });

  test('is all that a page asks for, if there is no other way in', async () => {
    const only = await made(world.server, '/clients', {
      name: 'Corp only',
      app_type: 'regular_web',
      callbacks: ['https://app.example.test/callback'],
    });
    const { id } = (await findConnectionByName(world.db, 'corp')) ?? { id: '' };
    await enableClients(world.db, id, [only.client_id]);
    const url = world.authorize(
      { id: only.client_id, secret: '' },
      { audience: '', scope: 'openid' },
    );
    const tab = openBrowser();
    for (const hint of ['', 'signup', 'reset-password']) {
      const shown = await tab.go(`${url}&screen_hint=${hint}`);
      expect(new URL(shown.url).pathname).toBe('/u/login');
      expect(shown.page).not.toContain('type="password"');
    }
    const unknown = await tab.send({ username: 'ada@nowhere.example' });
    expect([unknown.status, textOf(page(unknown))]).toEqual([
      400,
      expect.stringContaining('There is no login for this address here.'),
    ]);
    provider.logsIn({ sub: 'eve', email: 'eve@corp.example', email_verified: true });
    await tab.go(url);
    const done = await tab.send({ username: 'eve@corp.example' });
    expect(tab.back(done).searchParams.has('code')).toBe(true);
  });
});

describe('an answer of a provider', () => {
  async function anAnswer() {
    provider.logsIn(aMember());
    const tab = openBrowser();
    const shown = await begin(tab);
    const leaving = await tab.leaveFor(shown, 'acme-id');
    const { headers } = await fetch(leaving, { redirect: 'manual' });
    return { tab, shown, url: headers.get('location') ?? '' };
  }

  test.for([
    '/login/callback',
    '/login/callback?state=%00&code=a',
    '/login/callback?state=a&state=b',
    '/u/login/connection?login=%00',
    '/u/link-account?login=%00&state=%00',
    '/u/invitation/connection?login=%00&ticket=%00',
    '/u/login/connection/start?login=%00&key=x',
    '/u/login/connection/start?login=x&key=%00',
  ])('that belongs to no login says so: %s', async (path) => {
    const shown = await openBrowser().go(`${world.server.url}${path}`);
    expect([shown.status, headlineOf(asPage(shown))]).toEqual([400, 'This login began elsewhere']);
  });

  test('counts once of sixteen times', async () => {
    const { tab, url } = await anAnswer();
    const ends = await atOnce(16, () => tab.go(url));
    const arrived = ends.filter(({ back }) => back?.searchParams.has('code'));
    expect(arrived).toHaveLength(1);
    const others = ends.filter(({ back }) => back === null);
    expect(new Set(others.map(({ status }) => status))).toEqual(new Set([410]));
  });

  test('is worth nothing in another browser, and the first one still uses it', async () => {
    const { tab, url } = await anAnswer();
    const stranger = openBrowser();
    await begin(stranger);
    const elsewhere = await stranger.go(url);
    expect([elsewhere.status, headlineOf(asPage(elsewhere))]).toEqual([
      400,
      'This login began elsewhere',
    ]);
    expect(tab.back(await tab.go(url)).searchParams.has('code')).toBe(true);
  });

  test('does not log in a browser that another person sends to it', async () => {
    const attacker = await anAnswer();
    const victim = openBrowser();
    const shown = await begin(victim);
    await victim.leaveFor(shown, 'acme-id');
    const { status } = await victim.go(attacker.url);
    expect(status).toBe(400);
  });

  test('that was used says so, and leads to a new login', async () => {
    const { tab, url } = await anAnswer();
    tab.back(await tab.go(url));
    const again = await tab.go(url);
    expect([again.status, headlineOf(asPage(again))]).toEqual([410, 'This login is over']);
    const onward = /<p class="aside"><a href="([^"]+)">/.exec(again.page)?.[1] ?? '';
    const next = await tab.go(new URL(onward.replaceAll('&amp;', '&'), again.url).href);
    expect(next.back?.searchParams.has('code')).toBe(true);
  });

  test('ends in its own tab when two tabs log in at once', async () => {
    provider.logsIn(aMember());
    const tab = openBrowser();
    const first = await tab.leaveFor(await begin(tab), 'acme-id');
    const second = await tab.leaveFor(await begin(tab), 'acme-id');
    for (const url of [second, first]) {
      expect(tab.back(await tab.go(url)).searchParams.has('code')).toBe(true);
    }
  });
});

test('a connection that is closed to new users keeps strangers out', async () => {
  const closed = await aProvider(world, {
    name: 'closed-id',
    options: { ...provider.options, disable_signup: true },
    clientIds: [client.id],
  });
  const person = aMember();
  provider.logsIn(person);
  const tab = openBrowser();
  const refused = await tab.choose(await begin(tab), 'closed-id');
  expect(textOf(page(refused))).toContain('You don’t have an account here yet');
  const { email } = person;
  expect(await findUserByEmail(world.db, { connectionId: closed.id, email })).toBeNull();
});

function asPage({ page: html, status }: { page: string; status: number }) {
  return { html, status, headers: {} };
}
