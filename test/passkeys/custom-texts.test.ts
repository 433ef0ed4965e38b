import { beforeAll, expect, test } from 'vitest';
import { plainBrowser } from '../harness/plain-browser.ts';
import { type ApiClient, openWorld, type World } from '../harness/world.ts';
import { SECRET } from '../second-factors/factors.ts';
import { newAuthenticator } from './authenticator.ts';

/** Prompt → screen → names that are on its pages. */
const PROMPTS: Record<string, Record<string, string[]>> = {
  login: { login: ['passkeyButtonText'] },
  passkeys: {
    'passkey-enrollment': ['title', 'createButtonText', 'continueButtonText'],
    'passkey-enrollment-local': ['title', 'createButtonText', 'continueButtonText'],
  },
  mfa: {
    'mfa-login-options': ['authenticatorNamesWebauthnRoaming'],
    'mfa-begin-enroll-options': [
      'authenticatorNamesWebauthnRoaming',
      'authenticatorNamesWebauthnPlatform',
    ],
  },
  'mfa-webauthn': {
    'mfa-webauthn-roaming-challenge': [
      'title',
      'description',
      'continueButtonText',
      'rememberMeText',
      'pickAuthenticatorText',
      'webauthn-challenge-error',
    ],
    'mfa-webauthn-roaming-enrollment': ['title', 'description', 'continueButtonText'],
    'mfa-webauthn-platform-enrollment': [
      'title',
      'description',
      'continueButtonText',
      'pickAuthenticatorText',
      'webauthn-platform-associate-error',
    ],
  },
};

let world: World;
let client: ApiClient;

beforeAll(async () => {
  world = await openWorld();
  client = await world.registerClient();
  const { api } = world.server;
  await api('PATCH', `/api/v2/connections/${world.connectionId}`, {
    options: {
      authentication_methods: { passkey: { enabled: true } },
      passkey_options: { progressive_enrollment_enabled: true },
    },
  });
  for (const factor of ['otp', 'webauthn-roaming', 'webauthn-platform']) {
    await api('PUT', `/api/v2/guardian/factors/${factor}`, { enabled: true });
  }
  for (const [prompt, screens] of Object.entries(PROMPTS)) {
    const texts = Object.fromEntries(
      Object.entries(screens).map(([screen, names]) => [
        screen,
        Object.fromEntries(names.map((name) => [name, `[${screen} ${name}]`])),
      ]),
    );
    const path = `/api/v2/prompts/${prompt}/custom-text/en`;
    expect((await api('PUT', path, texts)).status).toBe(200);
  }
  // The pages read changed texts after an answer.
  await fetch(`${world.server.url}/u/logged-out`, { headers: { accept: 'text/html' } });
});

/** A browser in which a script has said that it can make passkeys. */
const browser = () =>
  plainBrowser((input, init) => {
    const headers = new Headers(init?.headers);
    headers.set('cookie', `${headers.get('cookie')}; usher_passkeys=yes`);
    return fetch(input, { ...init, headers });
  });

/** Logs in with a password, and returns the address and the page that follows. */
async function afterPassword(user: { email: string; password: string }) {
  const used = browser();
  const begun = await used.open(world.authorize(client, { audience: '', scope: 'openid' }));
  const login = new URL(begun.headers.get('location') ?? '', world.server.url);
  const { email: username, password } = user;
  const sent = await used.submit(login.href, { username, password });
  const url = new URL(sent.headers.get('location') ?? '', world.server.url);
  const at = async (page: string) => {
    url.pathname = `/u/${page}`;
    return said((await used.open(url.href)).page);
  };
  return { login: said((await used.open(login.href)).page), first: url.pathname, at };
}

function said(page: string): Record<string, string[]> {
  const found: Record<string, string[]> = {};
  for (const [, screen = '', name = ''] of page.matchAll(/\[(\S+) (\S+)\]/g)) {
    found[screen] = [...new Set([...(found[screen] ?? []), name])];
  }
  return found;
}

const expected = (prompt: string, screen: string) => ({
  [screen]: expect.arrayContaining(PROMPTS[prompt]?.[screen] ?? []),
});

test('the login page and the offer of a passkey have the texts of the operator', async () => {
  await world.server.api('PUT', '/api/v2/guardian/policies', []);
  const { login, first, at } = await afterPassword(await world.createUser());
  expect(login).toEqual({ login: ['passkeyButtonText'] });
  expect(first).toBe('/u/passkey-enrollment');
  expect(await at('passkey-enrollment')).toEqual(expected('passkeys', 'passkey-enrollment'));
});

test('the pages that enroll a security key have the texts of the operator', async () => {
  await world.server.api('PUT', '/api/v2/guardian/policies', ['all-applications']);
  const { at } = await afterPassword(await world.createUser());
  expect(await at('mfa-begin-enroll-options')).toEqual(expected('mfa', 'mfa-begin-enroll-options'));
  for (const screen of ['mfa-webauthn-roaming-enrollment', 'mfa-webauthn-platform-enrollment']) {
    expect(await at(screen)).toEqual(expected('mfa-webauthn', screen));
  }
});

test('the pages that ask for a security key have the texts of the operator', async () => {
  await world.server.api('PUT', '/api/v2/guardian/policies', ['all-applications']);
  const user = await world.createUser();
  const path = `/api/v2/users/${encodeURIComponent(user.userId)}/authentication-methods`;
  const { credentialId, publicKey } = newAuthenticator(world.server.url);
  const key = { type: 'webauthn-roaming', key_id: credentialId, public_key: publicKey };
  expect((await world.server.api('POST', path, key)).status).toBe(201);
  await world.server.api('POST', path, { type: 'totp', totp_secret: SECRET });
  const { at } = await afterPassword(user);
  const screen = 'mfa-webauthn-roaming-challenge';
  expect(await at(screen)).toEqual(expected('mfa-webauthn', screen));
  expect(await at('mfa-login-options')).toEqual(expected('mfa', 'mfa-login-options'));
});
