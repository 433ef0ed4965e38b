import { decodeJwt } from 'jose';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  Browser,
  CALLBACK,
  logIn,
  pkce,
  postToken,
  type Tokens,
} from '../authentication/fixture.ts';
import { aPassword, aPerson, atOnce } from '../harness/factories.ts';
import { DEFAULT_CONNECTION, startServer, type TestServer } from '../harness/harness.ts';
import { plainBrowser } from '../harness/plain-browser.ts';
import { linkIn } from '../harness/smtp-sink.ts';

const REALM = 'http://auth0.com/oauth/grant-type/password-realm';
const OTP = 'http://auth0.com/oauth/grant-type/passwordless/otp';
const API = 'https://seats.example.test';
const CODE = /\b\d{6}\b/;

type Client = { client_id: string; client_secret: string };
type Wire = { id: string; state: string; accepted_by?: string; invitee_may: string };
type Account = {
  user_id: string;
  app_metadata?: { status?: unknown };
  user_metadata?: object;
};

let server: TestServer;
let app: Client;
let elsewhere: Client;
let role: string;

beforeAll(async () => {
  server = await startServer();
  await made('/api/v2/resource-servers', {
    identifier: API,
    name: 'Seats',
    scopes: [{ value: 'take:seat' }],
    enforce_policies: true,
    token_dialect: 'access_token_authz',
  });
  role = (await made<{ id: string }>('/api/v2/roles', { name: 'Guest' })).id;
  await made(`/api/v2/roles/${role}/permissions`, {
    permissions: [{ resource_server_identifier: API, permission_name: 'take:seat' }],
  });
  [app, elsewhere] = [await aClient('Invited'), await aClient('Elsewhere')];
  const enabled_clients = [app.client_id, elsewhere.client_id];
  await made('/api/v2/connections', { name: 'email', strategy: 'email', enabled_clients });
  await made('/api/v2/connections', { name: 'Others', strategy: 'auth0', enabled_clients });
  const { body } = await server.api<{ id: string }[]>(
    'GET',
    `/api/v2/connections?name=${DEFAULT_CONNECTION}`,
  );
  const served = enabled_clients.map((client_id) => ({ client_id, status: true }));
  await server.api('PATCH', `/api/v2/connections/${body[0]?.id}/clients`, served);
});

async function made<T>(path: string, body: object): Promise<T> {
  const answer = await server.api<T>('POST', path, body);
  if (answer.status >= 300) throw new Error(`${path}: ${answer.text}`);
  return answer.body;
}

const aClient = (name: string) =>
  made<Client>('/api/v2/clients', {
    name,
    app_type: 'regular_web',
    callbacks: [CALLBACK],
    grant_types: ['authorization_code', 'password', REALM, OTP],
  });

/** Returns a user with an account and a password. */
async function aMember(chosen: object = {}) {
  const { email } = aPerson();
  const password = aPassword();
  const user = await made<Account>('/api/v2/users', {
    connection: DEFAULT_CONNECTION,
    email,
    password,
    email_verified: true,
    verify_email: false,
    ...chosen,
  });
  return { email, password, id: user.user_id };
}

async function invite(email: string, plan: object = {}): Promise<string> {
  await made('/api/v2/invitations', {
    recipients: [email],
    client_id: app.client_id,
    roles: [role],
    app_metadata: { plan: 'team' },
    user_metadata: { seat: 4 },
    ...plan,
  });
  const { body } = await server.api<Wire[]>('GET', `/api/v2/invitations?email=${email}`);
  return body[0]?.id ?? '';
}

const invitation = async (id: string) =>
  (await server.api<Wire>('GET', `/api/v2/invitations/${id}`)).body;
const user = async (id: string) =>
  (await server.api<Account>('GET', `/api/v2/users/${encodeURIComponent(id)}`)).body;

async function rolesOf(id: string): Promise<string[]> {
  const path = `/api/v2/users/${encodeURIComponent(id)}/roles`;
  return (await server.api<{ id: string }[]>('GET', path)).body.map((each) => each.id);
}

const signIn = (
  person: { email: string; password: string },
  { client = app, realm = DEFAULT_CONNECTION }: { client?: Client; realm?: string } = {},
) =>
  postToken<Tokens>(server, {
    grant_type: REALM,
    ...credentials(client),
    realm,
    username: person.email,
    password: person.password,
    audience: API,
    scope: 'openid',
  });

const credentials = ({ client_id, client_secret }: Client) => ({ client_id, client_secret });
const permissionsIn = (tokens: Tokens) => decodeJwt(tokens.access_token).permissions;

/** Asks for a new password by mail, and chooses one. */
async function resetPassword(email: string): Promise<string> {
  await fetch(`${server.url}/dbconnections/change_password`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ client_id: app.client_id, email, connection: DEFAULT_CONNECTION }),
  });
  const mail = await server.sink.waitForMail(email, {
    where: (receivedMail) => /reset-verify/.test(linkIn(receivedMail)),
  });
  const password = aPassword();
  const answer = await plainBrowser().submit(linkIn(mail), { password, repeat: password });
  expect(answer.status).toBe(303);
  return password;
}

async function expectAccepted(id: string, userId: string, by: string): Promise<void> {
  expect(await invitation(id)).toMatchObject({ state: 'accepted', accepted_by: by });
  expect(await rolesOf(userId)).toEqual([role]);
  expect(await user(userId)).toMatchObject({
    app_metadata: { plan: 'team' },
    user_metadata: { seat: 4 },
  });
}

async function expectNothingGiven(id: string, userId: string, state = 'pending'): Promise<void> {
  expect((await invitation(id)).state).toBe(state);
  expect(await rolesOf(userId)).toEqual([]);
  // A user whom an invitation made has its status until the first login.
  const { status, ...given } = (await user(userId)).app_metadata ?? {};
  expect(given).toEqual({});
  expect([undefined, 'invited']).toContain(status);
}

describe('a sign-in to the application accepts an invitation', () => {
  test('through a login with a verified address, whose tokens carry the granted roles and metadata', async () => {
    const member = await aMember();
    const id = await invite(member.email);
    await expectNothingGiven(id, member.id);
    const { status, body } = await signIn(member);
    expect(status).toBe(200);
    expect(permissionsIn(body)).toEqual(['take:seat']);
    await expectAccepted(id, member.id, 'login');
    await server.api('DELETE', `/api/v2/users/${encodeURIComponent(member.id)}/roles`, {
      roles: [role],
    });
    await signIn(member);
    expect(await rolesOf(member.id)).toEqual([]);
  });

  test('through an earlier session, without any page', async () => {
    const member = await aMember();
    const browser = new Browser();
    const { verifier, challenge } = pkce();
    const login = { clientId: elsewhere.client_id, challenge };
    await signInByPage(browser, login, member);
    const id = await invite(member.email);
    const back = await logIn(
      server,
      browser,
      { clientId: app.client_id, challenge, params: { prompt: 'none', audience: API } },
      null,
    );
    const tokens = await postToken(server, {
      grant_type: 'authorization_code',
      ...credentials(app),
      code: back.searchParams.get('code'),
      redirect_uri: CALLBACK,
      code_verifier: verifier,
    });
    expect(permissionsIn(tokens.body)).toEqual(['take:seat']);
    await expectAccepted(id, member.id, 'login');
  });

  test('through a new password after a reset mail', async () => {
    const { email } = aPerson();
    const id = await invite(email);
    const password = await resetPassword(email);
    const [found] = (await server.api<Account[]>('GET', `/api/v2/users-by-email?email=${email}`))
      .body;
    await signIn({ email, password });
    await expectAccepted(id, found?.user_id ?? '', 'reset');
  });

  test('through a code that was sent to the address, for the account that signs in', async () => {
    const { email } = aPerson();
    const id = await invite(email);
    await fetch(`${server.url}/passwordless/start`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ ...credentials(app), connection: 'email', email, send: 'code' }),
    });
    const mail = await server.sink.waitForMail(email, {
      where: ({ mail: { subject } }) => CODE.test(subject ?? ''),
    });
    const tokens = await postToken(server, {
      grant_type: OTP,
      ...credentials(app),
      realm: 'email',
      username: email,
      otp: CODE.exec(mail.mail.subject ?? '')?.[0],
      audience: API,
      scope: 'openid',
    });
    expect(permissionsIn(tokens.body)).toEqual(['take:seat']);
    await expectAccepted(id, String(decodeJwt(tokens.body.id_token).sub), 'passwordless');
  });

  test("through the person's own account, after its address is confirmed", async () => {
    const member = await aMember({ email_verified: false, verify_email: true });
    const id = await invite(member.email);
    expect(permissionsIn((await signIn(member)).body)).toEqual([]);
    await expectNothingGiven(id, member.id);
    const mail = await server.sink.waitForMail(member.email, {
      where: (receivedMail) => /verification/.test(linkIn(receivedMail)),
    });
    await plainBrowser().submit(linkIn(mail), {});
    expect(permissionsIn((await signIn(member)).body)).toEqual(['take:seat']);
    await expectAccepted(id, member.id, 'sign_up');
  });

  test('once among sixteen simultaneous sign-ins, whose tokens all carry the grants', async () => {
    const member = await aMember();
    const browser = new Browser();
    const { verifier, challenge } = pkce();
    await signInByPage(browser, { clientId: elsewhere.client_id, challenge }, member);
    const id = await invite(member.email);
    const params = { prompt: 'none', audience: API };
    const given = await atOnce(16, async () => {
      const back = await logIn(
        server,
        browser,
        { clientId: app.client_id, challenge, params },
        null,
      );
      const { body } = await postToken(server, {
        grant_type: 'authorization_code',
        ...credentials(app),
        code: back.searchParams.get('code'),
        redirect_uri: CALLBACK,
        code_verifier: verifier,
      });
      return permissionsIn(body);
    });
    expect(given).toEqual(Array(16).fill(['take:seat']));
    await expectAccepted(id, member.id, 'login');
    await server.app.flushLog();
    const q = encodeURIComponent(`type:si AND user_id:"${member.id}"`);
    expect((await server.api<object[]>('GET', `/api/v2/logs?q=${q}`)).body).toHaveLength(1);
  });

  test('and cancels its waiting mail, and the link says so', async () => {
    const member = await aMember();
    const links = await server.api('POST', '/api/v2/invitations', {
      recipients: [member.email],
      client_id: app.client_id,
      return_links: true,
    });
    const { link } = JSON.parse(links.text) as { link: string };
    await signIn(member);
    expect((await plainBrowser().open(link)).page).toContain('You have already accepted');
  });
});

describe('a sign-in does not accept an invitation', () => {
  test('at another application', async () => {
    const member = await aMember();
    const id = await invite(member.email);
    await signIn(member, { client: elsewhere });
    await expectNothingGiven(id, member.id);
  });

  test('with another person’s account in another connection, even with the same address', async () => {
    const { email } = aPerson();
    const id = await invite(email);
    const other = await aMember({ connection: 'Others', email });
    expect((await signIn({ ...other, email }, { realm: 'Others' })).status).toBe(200);
    await expectNothingGiven(id, other.id);
  });

  test('if the plan accepts only the link', async () => {
    const member = await aMember();
    const id = await invite(member.email, { invitee_may: 'link_only' });
    await signIn(member);
    await expectNothingGiven(id, member.id);
    expect((await invitation(id)).invitee_may).toBe('link_only');
  });

  test('after the invitation was revoked or has expired', async () => {
    const member = await aMember();
    const revoked = await invite(member.email);
    await server.api('DELETE', `/api/v2/invitations/${revoked}`);
    await signIn(member);
    await expectNothingGiven(revoked, member.id, 'revoked');
    const late = await invite(member.email, { ttl_sec: 1 });
    await expect
      .poll(async () => (await invitation(late)).state, { timeout: 20_000 })
      .toBe('expired');
    await signIn(member);
    await expectNothingGiven(late, member.id, 'expired');
  });

  test('for a user who was blocked since', async () => {
    const { email } = aPerson();
    const id = await invite(email);
    const password = await resetPassword(email);
    const [found] = (await server.api<Account[]>('GET', `/api/v2/users-by-email?email=${email}`))
      .body;
    const userId = found?.user_id ?? '';
    await server.api('PATCH', `/api/v2/users/${encodeURIComponent(userId)}`, { blocked: true });
    expect((await signIn({ email, password })).status).toBe(403);
    await expectNothingGiven(id, userId);
  });
});

/** Logs in with the hosted page, up to the application. */
async function signInByPage(
  browser: Browser,
  asked: { clientId: string; challenge: string },
  person: { email: string; password: string },
): Promise<void> {
  let url = new URL(
    `${server.url}/authorize?${new URLSearchParams({
      response_type: 'code',
      client_id: asked.clientId,
      redirect_uri: CALLBACK,
      scope: 'openid',
      code_challenge: asked.challenge,
      code_challenge_method: 'S256',
    })}`,
  );
  for (let hop = 0; hop < 6 && url.origin === server.url; hop++) {
    let answer = await browser.get(url.href);
    if (answer.status === 200) {
      const csrf = /name="csrf" value="([^"]*)"/.exec(await answer.text())?.[1] ?? '';
      answer = await browser.get(url.href, {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded', origin: server.url },
        body: new URLSearchParams({
          csrf,
          username: person.email,
          password: person.password,
        }).toString(),
      });
    }
    url = new URL(answer.headers.get('location') ?? '', url);
  }
  expect(url.searchParams.get('code')).not.toBeNull();
}
