import { createServer } from 'node:http';
import { decodeJwt } from 'jose';
import { sql } from 'kysely';
import { beforeAll, describe, expect, test } from 'vitest';
import { pkce } from '../authentication/fixture.ts';
import { freePort } from '../harness/free-port.ts';
import { eventually, startServer, type TestServer } from '../harness/harness.ts';
import { type PlainBrowser, plainBrowser } from '../harness/plain-browser.ts';
import { type ApiClient, createUser, type Person, registerClient } from '../harness/registered.ts';
import { upload, type WireJob } from '../imports/import-jobs.ts';
import { otpAt, SECRET } from './factors.ts';

const CALLBACK = 'https://app.example.test/callback';
const MULTI_FACTOR = 'http://schemas.openid.net/pape/policies/2007/06/multi-factor';

let server: TestServer;
let client: ApiClient;
/** The requests that a webhook for texts received. */
const texts: { recipient: string; text: string; channel: string }[] = [];

beforeAll(async () => {
  const port = await freePort();
  const hook = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => {
      texts.push(JSON.parse(body));
      response.writeHead(204).end();
    });
  }).listen(port, '127.0.0.1');
  server = await startServer({ smsWebhookUrl: `http://127.0.0.1:${port}/sms` });
  client = await registerClient(server, {
    name: 'Meadow',
    app_type: 'regular_web',
    callbacks: [CALLBACK],
  });
  return () => hook.close();
});

const configure = async (factors: string[], policies: string[]) => {
  for (const name of ['otp', 'sms', 'email', 'recovery-code']) {
    await server.api('PUT', `/api/v2/guardian/factors/${name}`, {
      enabled: factors.includes(name),
    });
  }
  await server.api('PUT', '/api/v2/guardian/policies', policies);
};

function authorizeUrl(params: Record<string, string> = {}) {
  const { verifier, challenge } = pkce();
  const query = new URLSearchParams({
    response_type: 'code',
    client_id: client.id,
    redirect_uri: CALLBACK,
    scope: 'openid email',
    state: 'the-state',
    code_challenge: challenge,
    code_challenge_method: 'S256',
    ...params,
  });
  return { url: `${server.url}/authorize?${query}`, verifier };
}

/** Follows redirects until a page is shown or the application is reached. */
async function follow(browser: PlainBrowser, from: string): Promise<{ url: string; page: string }> {
  let url = from;
  for (let hop = 0; hop < 8; hop++) {
    if (!url.startsWith(server.url)) return { url, page: '' };
    const answer = await browser.open(url);
    const location = answer.headers.get('location');
    if (location === null) return { url, page: answer.page };
    url = new URL(location, url).href;
  }
  throw new Error('The login goes in circles.');
}

async function send(browser: PlainBrowser, url: string, fields: Record<string, string>) {
  const answer = await browser.submit(url, fields);
  const location = answer.headers.get('location');
  if (location === null) return { url, page: answer.page };
  return follow(browser, new URL(location, url).href);
}

async function typesPassword(browser: PlainBrowser, user: Person, params = {}) {
  const { url, verifier } = authorizeUrl(params);
  const login = await follow(browser, url);
  return {
    ...(await send(browser, login.url, { username: user.email, password: user.password })),
    verifier,
  };
}

async function idTokenOf(url: string, verifier: string) {
  const answer = await fetch(`${server.url}/oauth/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      grant_type: 'authorization_code',
      client_id: client.id,
      client_secret: client.secret,
      code: new URL(url).searchParams.get('code'),
      code_verifier: verifier,
      redirect_uri: CALLBACK,
    }),
  });
  const body = (await answer.json()) as { id_token: string };
  return decodeJwt(body.id_token);
}

const aPerson = async (method: Record<string, unknown>) => {
  const user = await createUser(server);
  const added = await server.api(
    'POST',
    `/api/v2/users/${encodeURIComponent(user.userId)}/authentication-methods`,
    method,
  );
  expect(added.status).toBe(201);
  return user;
};

describe('a login in a browser', () => {
  test('leads from the password to the code to the application, and the token says so', async () => {
    await configure(['otp'], ['all-applications']);
    const user = await aPerson({ type: 'totp', totp_secret: SECRET });
    const browser = plainBrowser();
    const asked = await typesPassword(browser, user);
    expect(new URL(asked.url).pathname).toBe('/u/mfa-otp-challenge');
    const done = await send(browser, asked.url, { code: otpAt(SECRET, new Date()) });
    expect(done.url).toMatch(new RegExp(`^${CALLBACK}\\?code=`));
    expect(await idTokenOf(done.url, asked.verifier)).toMatchObject({
      sub: user.userId,
      amr: ['pwd', 'mfa', 'otp'],
    });
    const noted = await eventually(async () => {
      const path = `/api/v2/users/${encodeURIComponent(user.userId)}/logs`;
      const { body } = await server.api<{ type: string }[]>('GET', path);
      return body.find(({ type }) => type === 'gd_auth_succeed');
    });
    expect(noted).toMatchObject({ user_id: user.userId, client_id: client.id });
  });

  test('can finish with a code by mail or by text', async () => {
    await configure(['email', 'sms'], ['all-applications']);
    const user = await aPerson({ type: 'email', email: 'codes@example.test' });
    const browser = plainBrowser();
    const asked = await typesPassword(browser, user);
    expect(new URL(asked.url).pathname).toBe('/u/mfa-email-challenge');
    const mail = await server.sink.waitForMail('codes@example.test');
    const code = /^\d{6}/.exec(mail.mail.subject ?? '')?.[0] ?? '';
    expect((await send(browser, asked.url, { code })).url).toMatch(/[?&]code=/);

    const caller = await aPerson({ type: 'phone', phone_number: '+491701234567' });
    const other = plainBrowser();
    const texted = await typesPassword(other, caller);
    expect(texts.at(-1)).toEqual({
      recipient: '+491701234567',
      channel: 'sms',
      text: expect.stringMatching(/^Your verification code is: \d{6}/),
    });
    const sent = /\b\d{6}\b/.exec(texts.at(-1)?.text ?? '')?.[0] ?? '';
    expect((await send(other, texted.url, { code: sent })).url).toMatch(/[?&]code=/);
  });
});

test('an imported user logs in with the imported application at the first login', async () => {
  await configure(['otp'], ['all-applications']);
  const person = {
    email: 'arrives@example.test',
    // The published hash of "hello".
    password_hash: '$2b$10$nFguVi9LsCAcvTZFKQlRKeLVydo8ETv483lkNsSFI/Wl1Rz1Ypo1K',
    mfa_factors: [{ totp: { secret: SECRET } }, { phone: { value: '+491701234567' } }],
  };
  const { body: job } = await upload(server, [person]);
  await eventually(async () => {
    const { body } = await server.api<WireJob>('GET', `/api/v2/jobs/${job.id}`);
    return body.status === 'completed' ? body : undefined;
  });
  const { rows } = await sql<{ factors: string; id: string }>`
    select id, mfa_factors::text as factors from users where email = ${person.email}`.execute(
    server.app.deps.db,
  );
  const [stored] = rows;
  expect(stored?.factors).toContain('totp');
  expect(stored?.factors).not.toContain(SECRET);

  const browser = plainBrowser();
  const user = { email: person.email, password: 'hello', userId: stored?.id ?? '' };
  const asked = await typesPassword(browser, user);
  expect(new URL(asked.url).pathname).toBe('/u/mfa-otp-challenge');
  const done = await send(browser, asked.url, { code: otpAt(SECRET, new Date()) });
  expect(await idTokenOf(done.url, asked.verifier)).toMatchObject({ sub: user.userId });
  const listed = await server.api<{ type: string }[]>(
    'GET',
    `/api/v2/users/${encodeURIComponent(user.userId)}/authentication-methods`,
  );
  expect(listed.body.map(({ type }) => type).sort()).toEqual(['phone', 'totp']);
});

describe('an application that requests a second factor', () => {
  test('gets it and its level from a session that had none', async () => {
    await configure(['otp'], []);
    const user = await aPerson({ type: 'totp', totp_secret: SECRET });
    const browser = plainBrowser();
    const plain = await typesPassword(browser, user);
    const claims = await idTokenOf(plain.url, plain.verifier);
    expect([claims.sub, claims.amr, claims.acr]).toEqual([user.userId, undefined, undefined]);

    const quiet = await follow(
      browser,
      authorizeUrl({ prompt: 'none', acr_values: MULTI_FACTOR }).url,
    );
    expect(Object.fromEntries(new URL(quiet.url).searchParams)).toMatchObject({
      error: 'login_required',
      error_description: 'Multifactor authentication required',
    });
    const asked = await typesPassword(browser, user, { acr_values: MULTI_FACTOR });
    expect(new URL(asked.url).pathname).toBe('/u/mfa-otp-challenge');
    const done = await send(browser, asked.url, { code: otpAt(SECRET, new Date()) });
    expect(await idTokenOf(done.url, asked.verifier)).toMatchObject({
      amr: ['pwd', 'mfa', 'otp'],
      acr: MULTI_FACTOR,
    });
    const again = await follow(
      browser,
      authorizeUrl({ prompt: 'none', acr_values: MULTI_FACTOR }).url,
    );
    expect(again.url).toMatch(/[?&]code=/);
  });

  test('logs a user without a factor in, without the level', async () => {
    await configure([], []);
    const user = await createUser(server);
    const done = await typesPassword(plainBrowser(), user, { acr_values: MULTI_FACTOR });
    expect(done.url).toMatch(/[?&]code=/);
    expect((await idTokenOf(done.url, done.verifier)).acr).toBeUndefined();
  });
});
