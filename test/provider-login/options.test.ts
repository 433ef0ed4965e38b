import { randomBytes } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import { sealSecrets } from '../../src/records/connections/connections.ts';
import { aProvider, openBrowser } from '../harness/providers/person.ts';
import {
  type Account,
  type SmallProvider,
  startSmallProvider,
} from '../harness/providers/small-provider.ts';
import { type ApiClient, claimsOf, made, openWorld, type World } from '../harness/world.ts';
import { configure } from '../second-factors/factors.ts';

let world: World;
let provider: SmallProvider;
let serial = 0;

beforeAll(async () => {
  provider = await startSmallProvider();
  world = await openWorld();
  await configure(world.db, { factors: [], policies: [] });
});

/** An application with one connection to the provider, made as an operator makes them. */
async function anApplication(options: object = {}, more: object = {}) {
  const client = await world.registerClient();
  const name = `acme-${++serial}`;
  await made(world.server, '/connections', {
    name,
    strategy: 'oidc',
    enabled_clients: [client.id],
    options: { ...provider.options, ...options },
    ...more,
  });
  return { client, name };
}

const start = (client: ApiClient, more: Record<string, string> = {}) =>
  world.authorize(client, { audience: '', scope: 'openid profile email', ...more });

/** Logs this person in, and returns where the browser ends: at the application, or at a page. */
async function logIn(
  { client, name }: { client: ApiClient; name: string },
  person: Account,
  more: Record<string, string> = {},
) {
  provider.logsIn(person);
  const tab = openBrowser();
  return tab.go(start(client, { connection: name, ...more }));
}

async function userOf(at: { client: ApiClient; name: string }, person: Account) {
  const { back } = await logIn(at, person);
  const token = (await world.exchange(at.client, back ?? new URL('x:x'))).body.id_token;
  const path = `/api/v2/users/${encodeURIComponent(String(claimsOf(token).sub))}`;
  return (await world.server.api<Record<string, unknown>>('GET', path)).body;
}

const asked = () => Object.fromEntries(provider.requests.at(-1) ?? []);
const ada = (more: object = {}) => ({
  sub: `ada-${++serial}`,
  name: 'Ada',
  nickname: 'ada',
  picture: 'https://images.example.com/ada.png',
  ...more,
});

describe('set_user_root_attributes', () => {
  test.for([
    ['on_each_login', 'Countess'],
    [undefined, 'Countess'],
    ['on_first_login', 'Ada'],
  ] as const)('%s: the name after a second login is %s', async ([when, name]) => {
    const at = await anApplication(when === undefined ? {} : { set_user_root_attributes: when });
    const person = ada();
    expect(await userOf(at, person)).toMatchObject({ name: 'Ada' });
    expect(await userOf(at, { ...person, name: 'Countess' })).toMatchObject({ name });
  });

  test('never_on_login: nobody new comes', async () => {
    const at = await anApplication({ set_user_root_attributes: 'never_on_login' });
    const refused = await logIn(at, ada());
    expect([refused.back, refused.page]).toEqual([
      null,
      expect.stringContaining('You don’t have an account here yet'),
    ]);
  });
});

test('non_persistent_attrs are neither in the profile nor in its copy', async () => {
  const at = await anApplication({ non_persistent_attrs: ['picture', 'nickname'] });
  const user = await userOf(at, ada());
  expect(user.name).toBe('Ada');
  expect(JSON.stringify(user)).not.toContain('images.example.com');
});

describe('what the application asks for', () => {
  const upstream_params = {
    tier: { value: 'staff' },
    who: { alias: 'login_hint' },
    acr: { alias: 'acr_values' },
    lang: { alias: 'ui_locales' },
  };

  test('reaches the provider: scopes, hints, prompts, and aliases of its parameters', async () => {
    const at = await anApplication({ upstream_params });
    await logIn(at, ada(), {
      connection_scope: 'calendar,contacts openid',
      login_hint: 'ada@example.com',
      prompt: 'select_account consent',
      ui_locales: 'fr de',
      acr_values: 'urn:level:2',
    });
    const { scope = '', ...rest } = asked();
    expect(scope.split(' ').toSorted()).toEqual([
      'calendar',
      'contacts',
      'email',
      'openid',
      'profile',
    ]);
    expect(rest).toMatchObject({
      tier: 'staff',
      who: 'ada@example.com',
      login_hint: 'ada@example.com',
      acr: 'urn:level:2',
      lang: 'fr de',
      prompt: 'select_account consent',
    });
  });

  test('is left out if the application does not ask, and cannot replace a parameter of the login', async () => {
    const at = await anApplication({ upstream_params });
    await logIn(at, ada(), { tier: 'root', who: 'eve', nonce: 'of-the-application' });
    const { tier, nonce, state, redirect_uri, ...rest } = asked();
    expect(tier).toBe('staff');
    expect(nonce).not.toBe('of-the-application');
    expect(state).not.toBe('the-state');
    expect(redirect_uri).toBe(`${world.server.url}/login/callback`);
    for (const name of ['who', 'acr', 'lang', 'login_hint', 'prompt']) {
      expect(rest).not.toHaveProperty(name);
    }
  });
});

describe('the button of a connection', () => {
  const pageOf = async ({ client }: { client: ApiClient }) => openBrowser().go(start(client));

  test('has the name and the icon of the connection, escaped, and only from there', async () => {
    const icon = 'https://images.example.com/logo.png';
    const at = await anApplication(
      { icon_url: icon },
      { display_name: 'Acme <b>&amp; "Sons"', show_as_button: true },
    );
    const { page } = await pageOf(at);
    expect(page).toContain('Acme &lt;b&gt;&amp;amp; &#34;Sons&#34;');
    expect(page).toContain(`src="${icon}"`);
  });

  test('is there for a connection that wants one, and the name in the request does without', async () => {
    const hidden = await anApplication();
    expect((await pageOf(hidden)).page).not.toContain(`value="${hidden.name}"`);
    expect((await logIn(hidden, ada())).back?.searchParams.has('code')).toBe(true);
    const shown = await anApplication({}, { show_as_button: true });
    expect((await pageOf(shown)).page).toContain(`value="${shown.name}"`);
  });

  test('is not there for an application that may not use the connection, nor is its name of use', async () => {
    const { name } = await anApplication({}, { show_as_button: true });
    const other = await world.registerClient();
    expect((await pageOf({ client: other })).page).not.toContain(name);
    provider.logsIn(ada());
    const before = provider.requests.length;
    const refused = await openBrowser().go(start(other, { connection: name }));
    expect([refused.back?.searchParams.has('code') ?? false, provider.requests.length]).toEqual([
      false,
      before,
    ]);
  });
});

test('is_domain_connection is refused, because connections are enabled for one application at a time', async () => {
  const { status, text } = await world.server.api('POST', '/api/v2/connections', {
    name: 'of-a-domain',
    strategy: 'oidc',
    is_domain_connection: true,
    options: provider.options,
  });
  expect([status, text]).toEqual([400, expect.stringContaining('is_domain_connection')]);
});

test('a secret of another USHER_SECRET is not taken for none: people see that the provider is away, the log says why', async () => {
  const client = await world.registerClient();
  const options = sealSecrets(provider.options, randomBytes(32));
  await aProvider(world, { name: 'moved', options, clientIds: [client.id] });
  provider.logsIn(ada());
  const before = provider.requests.length;
  const refused = await openBrowser().go(start(client, { connection: 'moved' }));
  expect(refused.page).toContain('moved can’t be reached right now.');
  expect(provider.requests).toHaveLength(before);
  const logged = await world.logs(`q=${encodeURIComponent('type:f')}`);
  expect(logged.map(({ description }) => description)).toContainEqual(
    expect.stringContaining('encrypted with another USHER_SECRET'),
  );
});
