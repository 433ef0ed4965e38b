import { decodeJwt } from 'jose';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { atOnce } from '../harness/factories.ts';
import { plainBrowser } from '../harness/plain-browser.ts';
import { formOf } from '../harness/visitor.ts';
import {
  API,
  type ApiClient,
  claimsOf,
  made,
  openTab,
  openWorld,
  type Person,
  type Shown,
  type World,
} from '../harness/world.ts';
import { otpAt, SECRET } from './factors.ts';

const DUE = {
  error: 'interaction_required',
  error_description: 'Multifactor authentication required',
};
/** The session does not record how the first factor was shown. */
const DONE = ['mfa', 'otp'];
const DEVICE_CODE = 'urn:ietf:params:oauth:grant-type:device_code';
const MFA_SCOPES = 'enroll read:authenticators remove:authenticators';

let world: World;
let client: ApiClient;
let overFactors: string;

beforeAll(async () => {
  world = await openWorld();
  client = await world.registerClient();
  overFactors = `${world.server.url}/mfa/`;
});

beforeEach(async () => {
  await policy([]);
  for (const name of ['otp', 'sms', 'email', 'recovery-code']) {
    await set('PUT', `/guardian/factors/${name}`, { enabled: name === 'otp' });
  }
});

async function set(method: string, path: string, body?: unknown) {
  const answer = await world.server.api(method, `/api/v2${path}`, body);
  expect(answer.status).toBeLessThan(300);
}

const policy = (policies: string[]) => set('PUT', '/guardian/policies', policies);
const pathOf = ({ url }: Shown) => new URL(url).pathname;
const answerIn = (back: URL) => Object.fromEntries(back.searchParams);
const rightCode = () => ({ code: otpAt(SECRET, new Date()) });

async function withTotp(person: Person): Promise<Person> {
  const path = `/users/${encodeURIComponent(person.userId)}/authentication-methods`;
  await set('POST', path, { type: 'totp', name: 'Phone', totp_secret: SECRET });
  return person;
}

/** Returns a user with an authenticator application who logged in while the policy required no factor. */
async function loggedIn(chosen: { person?: Person; factor?: boolean } = {}) {
  const person = chosen.person ?? (await world.createUser());
  if (chosen.factor !== false) await withTotp(person);
  const browser = plainBrowser();
  const tab = openTab(browser);
  const back = await world.logsIn(tab, world.authorize(client), person);
  const { body } = await world.exchange(client, back);
  return { person, browser, tab, idToken: claimsOf(body.id_token) };
}

/** Returns a user who has entered the factor in a remembered browser and logged out. */
async function rememberedBrowser() {
  const person = await withTotp(await world.createUser());
  await policy(['all-applications']);
  const tab = openTab();
  await tab.go(world.authorize(client));
  await tab.send({ username: person.email, password: person.password });
  await tab.send({ ...rightCode(), remember: 'yes' });
  await tab.go(`${world.server.url}/v2/logout`);
  return { person, tab };
}

const silent = async (tab: ReturnType<typeof openTab>, asking: ApiClient, params = {}) =>
  answerIn(tab.back(await tab.go(world.authorize(asking, { prompt: 'none', ...params }))));

describe('a session from before the second-factor policy', () => {
  test('leads to the factor without the password, and then to the application', async () => {
    const { tab, idToken } = await loggedIn();
    await policy(['all-applications']);
    const asked = await tab.go(world.authorize(client));
    expect(pathOf(asked)).toBe('/u/mfa-otp-challenge');
    const back = tab.back(await tab.send(rightCode()));
    const claims = claimsOf((await world.exchange(client, back)).body.id_token);
    expect(claims).toMatchObject({ sub: idToken.sub, amr: DONE });
    expect(await silent(tab, client)).toMatchObject({ code: expect.any(String) });
  });

  test('does not bypass the factor: silently, for another application or for an organization', async () => {
    const organization = await world.anOrganization();
    const person = await world.aMember(organization);
    const { tab } = await loggedIn({ person });
    const other = await world.registerClient({ name: 'Orchard' });
    await policy(['all-applications']);
    for (const [asking, params] of [
      [client, {}],
      [other, {}],
      [client, { organization: organization.id }],
      [client, { response_type: 'token id_token', nonce: 'n', response_mode: 'query' }],
    ] as const) {
      const answer = await silent(tab, asking, params);
      if ('response_type' in params) expect(answer).not.toHaveProperty('access_token');
      else expect(answer).toMatchObject(DUE);
    }
    const asked = await tab.go(world.authorize(other, { organization: organization.id }));
    expect(pathOf(asked)).toBe('/u/mfa-otp-challenge');
    const back = tab.back(await tab.send(rightCode()));
    const { body } = await world.exchange(other, back);
    expect(claimsOf(body.id_token)).toMatchObject({ org_id: organization.id, amr: DONE });
  });

  test('does not accept an invitation with the factor alone', async () => {
    const organization = await world.anOrganization();
    const { person, tab } = await loggedIn();
    await policy(['all-applications']);
    const { ticket_id: invitation, id } = await world.inviteTo(organization, client, {
      invitee: { email: person.email },
    });
    const params = { organization: organization.id, invitation };
    expect(await silent(tab, client, params)).toMatchObject(DUE);
    expect(pathOf(await tab.go(world.authorize(client, params)))).toBe('/u/mfa-otp-challenge');
    const invited = await tab.send(rightCode());
    expect(pathOf(invited)).toBe('/u/organization-invitation');
    const path = `/api/v2/organizations/${organization.id}/invitations/${id}`;
    expect((await world.server.api('GET', path)).status).toBe(200);
    expect(answerIn(tab.back(await tab.send({ way: 'accept' })))).toHaveProperty('code');
  });

  test('does not pass through the pages of other steps', async () => {
    const chooser = await world.registerClient({
      organization_require_behavior: 'post_login_prompt',
    });
    const { browser, tab } = await loggedIn();
    await policy(['all-applications']);
    const asked = await tab.go(world.authorize(chooser));
    expect(pathOf(asked)).toBe('/u/mfa-otp-challenge');
    // The choice of an organization, or of none, continues the same login.
    const choice = await tab.go(asked.url.replace('mfa-otp-challenge', 'organization'));
    const { action, fields } = formOf(choice.page);
    const answer = await browser.post(new URL(action, choice.url).href, {
      ...fields,
      organization: '-',
    });
    const next = await tab.go(new URL(answer.headers.get('location') ?? '', choice.url).href);
    expect(pathOf(next)).toBe('/u/mfa-otp-challenge');
  });

  test('connects no device before the factor', async () => {
    const { client_id } = await made(world.server, '/clients', {
      name: 'Television',
      app_type: 'native',
      token_endpoint_auth_method: 'none',
      grant_types: [DEVICE_CODE],
    });
    const connections = `/connections/${world.connectionId}/clients`;
    await set('PATCH', connections, [{ client_id, status: true }]);
    const { browser, tab } = await loggedIn();
    await policy(['all-applications']);
    const begun = await fetch(`${world.server.url}/oauth/device/code`, {
      method: 'POST',
      body: new URLSearchParams({ client_id, scope: 'openid' }),
    });
    const codes = (await begun.json()) as { user_code: string; device_code: string };
    const redeem = () =>
      world.token({ grant_type: DEVICE_CODE, client_id, device_code: codes.device_code });
    await tab.go(`${world.server.url}/activate`);
    const confirm = await tab.send({ user_code: codes.user_code });
    const { action, fields } = formOf(confirm.page);
    const pressed = await browser.post(new URL(action, confirm.url).href, {
      ...fields,
      confirm: 'yes',
    });
    const asked = await tab.go(new URL(pressed.headers.get('location') ?? '', confirm.url).href);
    expect(pathOf(asked)).toBe('/u/mfa-otp-challenge');
    expect((await redeem()).status).not.toBe(200);
    await tab.send(rightCode());
    expect((await redeem()).status).toBe(200);
  });

  test('asks for a required password first, and then for the factor', async () => {
    const { person, tab } = await loggedIn();
    await policy(['all-applications']);
    const login = await tab.go(world.authorize(client, { prompt: 'login' }));
    expect(pathOf(login)).toBe('/u/login');
    // The path without a password is only for logins that were sent there.
    expect(pathOf(await tab.go(login.url.replace('/u/login', '/u/mfa')))).toBe('/u/login');
    const asked = await tab.send({ username: person.email, password: person.password });
    expect(pathOf(asked)).toBe('/u/mfa-otp-challenge');
  });

  test('ends with a logout before the factor', async () => {
    const { tab } = await loggedIn();
    await policy(['all-applications']);
    const asked = await tab.go(world.authorize(client));
    await tab.go(`${world.server.url}/v2/logout`);
    expect((await tab.go(asked.url)).status).toBe(400);
  });

  test('continues once, however often the code is sent', async () => {
    const { browser, tab } = await loggedIn();
    await policy(['all-applications']);
    const asked = await tab.go(world.authorize(client));
    const { action, fields } = formOf(asked.page);
    const url = new URL(action, asked.url).href;
    const answers = await atOnce(16, () => browser.post(url, { ...fields, ...rightCode() }));
    const onward = answers.filter((answer) =>
      answer.headers.get('location')?.includes('/authorize/'),
    );
    expect(onward).toHaveLength(1);
  });

  test('leads a user without a factor to enrolment if everybody needs one', async () => {
    const { tab } = await loggedIn({ factor: false });
    await policy(['confidence-score']);
    expect(await silent(tab, client)).toHaveProperty('code');
    await policy(['all-applications']);
    expect(await silent(tab, client)).toMatchObject(DUE);
    expect(pathOf(await tab.go(world.authorize(client)))).toBe('/u/mfa-otp-enrollment');
    await policy([]);
    expect(await silent(tab, client)).toHaveProperty('code');
  });

  test('is enough in a remembered browser until the browser is forgotten', async () => {
    const { person, tab } = await rememberedBrowser();
    const back = await world.logsIn(tab, world.authorize(client), person);
    const { body } = await world.exchange(client, back);
    expect(claimsOf(body.id_token).amr).toBeUndefined();
    expect(await silent(tab, client)).toHaveProperty('code');
    const forget = 'multifactor/actions/invalidate-remember-browser';
    await set('POST', `/users/${encodeURIComponent(person.userId)}/${forget}`);
    expect(await silent(tab, client)).toMatchObject(DUE);
  });
});

describe("an access token for a user's own factors", () => {
  const TO_LOG_IN = { ...DUE, error: 'login_required' };
  const params = () => ({ audience: overFactors, scope: MFA_SCOPES });
  const remove = async (token: string) => {
    const bearer = { headers: { authorization: `Bearer ${token}` } };
    const listed = await fetch(`${overFactors}authenticators`, bearer);
    const [first] = (await listed.json()) as { id: string }[];
    const path = `${overFactors}authenticators/${encodeURIComponent(first?.id ?? '')}`;
    return (await fetch(path, { ...bearer, method: 'DELETE' })).status;
  };

  test('requires a factor in the same login, whatever the policy', async () => {
    const { person, tab } = await loggedIn();
    expect(await silent(tab, client, params())).toMatchObject(TO_LOG_IN);
    await tab.go(world.authorize(client, params()));
    const asked = await tab.send({ username: person.email, password: person.password });
    expect(pathOf(asked)).toBe('/u/mfa-otp-challenge');
    const back = tab.back(await tab.send(rightCode()));
    const { body } = await world.exchange(client, back);
    expect(decodeJwt(body.access_token)).toMatchObject({ aud: overFactors, scope: MFA_SCOPES });
    // The session has an earlier factor now.
    expect(await silent(tab, client)).toHaveProperty('code');
    expect(await silent(tab, client, params())).toMatchObject(TO_LOG_IN);
    expect(await remove(body.access_token)).toBe(204);
    // A user without a remaining factor may begin with the password.
    expect(await silent(tab, client, params())).toHaveProperty('code');
  });

  test('is not issued for the password alone, nor in a remembered browser', async () => {
    const { person, tab } = await rememberedBrowser();
    await policy([]);
    await tab.go(world.authorize(client, params()));
    const asked = await tab.send({ username: person.email, password: person.password });
    expect(pathOf(asked)).toBe('/u/mfa-otp-challenge');
  });

  test('is not issued beside another audience, nor for a refresh token', async () => {
    const { person, tab } = await loggedIn();
    const both = `${world.authorize(client)}&resource=${encodeURIComponent(API)}&resource=${encodeURIComponent(overFactors)}`;
    const quiet = tab.back(await tab.go(`${both}&prompt=none`));
    expect(answerIn(quiet)).toMatchObject(TO_LOG_IN);
    await tab.go(both);
    const asked = await tab.send({ username: person.email, password: person.password });
    expect(pathOf(asked)).toBe('/u/mfa-otp-challenge');
    const back = tab.back(await tab.send(rightCode()));
    const exchange = (form: Record<string, string>) =>
      world.token({ client_id: client.id, client_secret: client.secret, ...form });
    const { body } = await exchange({
      grant_type: 'authorization_code',
      code: back.searchParams.get('code') ?? '',
      redirect_uri: 'https://app.example.test/callback',
      resource: API,
    });
    expect(body.refresh_token).toEqual(expect.any(String));
    const refreshed = await exchange({
      grant_type: 'refresh_token',
      refresh_token: body.refresh_token,
      resource: overFactors,
    });
    expect(refreshed).toMatchObject({ status: 403, body: { error: 'access_denied' } });
  });

  test('is answered mfa_required if the application collects the password', async () => {
    const asking = await world.registerClient({
      grant_types: ['http://auth0.com/oauth/grant-type/password-realm'],
    });
    const ask = ({ email, password }: Person) =>
      world.token({
        grant_type: 'http://auth0.com/oauth/grant-type/password-realm',
        realm: 'Username-Password-Authentication',
        client_id: asking.id,
        client_secret: asking.secret,
        username: email,
        password,
        ...params(),
      });
    const person = await world.createUser();
    expect(await ask(person)).toMatchObject({ status: 200 });
    await withTotp(person);
    expect(await ask(person)).toMatchObject({ status: 403, body: { error: 'mfa_required' } });
  });
});

test('a session of a user in an exempt connection skips the factor too', async () => {
  const { tab } = await loggedIn();
  await policy(['all-applications']);
  const path = `/connections/${world.connectionId}`;
  const { body } = await world.server.api<{ options: object }>('GET', `/api/v2${path}`);
  await set('PATCH', path, { options: { ...body.options, mfa: { active: false } } });
  const answer = await silent(tab, client);
  await set('PATCH', path, { options: { ...body.options, mfa: { active: true } } });
  expect(answer).toHaveProperty('code');
});
