import { decodeJwt } from 'jose';
import { sql } from 'kysely';
import { beforeAll, describe, expect, test } from 'vitest';
import { passwordlessLinkSecret } from '../../src/records/passwordless-links/passwordless-links.ts';
import { aPerson, atOnce } from '../harness/factories.ts';
import { startServer, type TestServer } from '../harness/harness.ts';
import { type PlainBrowser, plainBrowser } from '../harness/plain-browser.ts';
import { configure } from '../second-factors/factors.ts';
import { pkce, postToken } from './fixture.ts';

const CALLBACK = 'https://app.example.test/callback';

let server: TestServer;
let client: { client_id: string; client_secret: string };

beforeAll(async () => {
  server = await startServer();
  client = await aClient('Links');
  for (const [name, options] of [
    ['email', {}],
    ['email-closed', { disable_signup: true }],
  ] as const) {
    const made = await server.api('POST', '/api/v2/connections', {
      name,
      strategy: 'email',
      options,
      enabled_clients: [client.client_id],
    });
    if (made.status !== 201) throw new Error(made.text);
  }
});

async function aClient(name: string) {
  const made = await server.api<{ client_id: string; client_secret: string }>(
    'POST',
    '/api/v2/clients',
    { name, app_type: 'regular_web', callbacks: [CALLBACK], oidc_conformant: true },
  );
  if (made.status !== 201) throw new Error(made.text);
  const { client_id, client_secret } = made.body;
  return { client_id, client_secret };
}

async function start(fields: Record<string, unknown>) {
  const answer = await fetch(`${server.url}/passwordless/start`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      client_id: client.client_id,
      connection: 'email',
      send: 'link',
      ...fields,
    }),
  });
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
}

const read = new Set<unknown>();

/** The link that comes by mail. */
async function linkFor(email: string, authParams?: Record<string, unknown>, more = {}) {
  const asked = await start({ email, ...(authParams && { authParams }), ...more });
  expect(asked).toMatchObject({ status: 200, body: { email } });
  const mail = await server.sink.waitForMail(email, {
    where: (receivedMail) => !read.has(receivedMail),
  });
  read.add(mail);
  const link = /https?:\/\/[^\s"]+\/passwordless\/verify_redirect\?ticket=\w+/.exec(
    mail.mail.text ?? '',
  );
  if (link === null) throw new Error(`No link in ${mail.mail.text}`);
  return link[0];
}

/** Follows our own redirects up to the application's. */
async function follow(browser: PlainBrowser, first: Response): Promise<URL> {
  let answer = first;
  for (let hop = 0; hop < 6; hop++) {
    const location = answer.headers.get('location');
    if (location === null) throw new Error(`${answer.url} answered ${answer.status}`);
    const next = new URL(location, server.url);
    if (next.origin !== server.url) return next;
    answer = await browser.open(next.href);
  }
  throw new Error('The login goes in circles.');
}

const logInBy = async (link: string, browser = plainBrowser()) =>
  follow(browser, await browser.submit(link, {}));

const redeem = (code: string | null, more = {}) =>
  postToken(server, {
    grant_type: 'authorization_code',
    code,
    redirect_uri: CALLBACK,
    ...client,
    ...more,
  });

test('a link logs a new user in and returns to the application with the requested parameters', async () => {
  const { email } = aPerson();
  const { verifier, challenge } = pkce();
  const link = await linkFor(email, {
    scope: 'openid email offline_access',
    state: 'of the application',
    nonce: 'a nonce',
    redirect_uri: CALLBACK,
    response_type: 'code',
    code_challenge: challenge,
    code_challenge_method: 'S256',
    prompt: 'none',
  });
  // A mail scanner opens it first, twice.
  for (let n = 0; n < 2; n++) {
    const seen = await fetch(link);
    expect(seen.status).toBe(200);
    expect((await seen.text()).replaceAll('<wbr>', '')).toContain(email);
  }
  const back = await logInBy(link);
  expect(back.origin + back.pathname).toBe(CALLBACK);
  expect(back.searchParams.get('state')).toBe('of the application');
  const code = back.searchParams.get('code');
  expect((await redeem(code)).status).toBe(403);
  const again = await logInBy(
    await linkFor(email, {
      nonce: 'another',
      code_challenge: challenge,
      code_challenge_method: 'S256',
      scope: 'openid email offline_access',
    }),
  );
  const tokens = await redeem(again.searchParams.get('code'), { code_verifier: verifier });
  expect(tokens.status).toBe(200);
  const claims = decodeJwt(tokens.body.id_token);
  expect(claims).toMatchObject({ email, email_verified: true, nonce: 'another' });
  expect(claims.sub).toMatch(/^email\|/);
  expect(tokens.body.refresh_token).toEqual(expect.any(String));
});

test('a link works once, even when sixteen browsers use it in the same instant', async () => {
  const link = await linkFor(aPerson().email);
  const open = await atOnce(16, async () => {
    const browser = plainBrowser();
    const { page } = await browser.open(link);
    return { browser, csrf: /name="csrf" value="([^"]+)"/.exec(page)?.[1] ?? '' };
  });
  const answers = await Promise.all(open.map(({ browser, csrf }) => browser.post(link, { csrf })));
  expect(answers.filter(({ status }) => status === 303)).toHaveLength(1);
  expect(answers.filter(({ status }) => status === 410)).toHaveLength(15);
  expect((await plainBrowser().open(link)).status).toBe(410);
});

test('opening a link or sending a foreign form logs nobody in', async () => {
  const link = await linkFor(aPerson().email);
  const opened = await fetch(link);
  expect(opened.headers.getSetCookie().join()).not.toContain('usher_arrival');
  const foreign = await fetch(link, { method: 'POST', redirect: 'manual' });
  expect(foreign.status).toBe(403);
  const back = await logInBy(link);
  expect(back.searchParams.get('code')).toEqual(expect.any(String));
});

test('a newer link ends the older one, a late link has expired, and a link with another secret is unknown', async () => {
  const { email } = aPerson();
  const older = await linkFor(email);
  const newer = await linkFor(email);
  expect((await plainBrowser().open(older)).status).toBe(404);
  await sql`update passwordless_links set expires_at = now() - interval '1 second'
    where recipient = ${email}`.execute(server.app.deps.db);
  expect((await plainBrowser().open(newer)).status).toBe(410);
  expect((await plainBrowser().open(`${newer}x`)).status).toBe(404);
});

test('the database holds no secret of a link', async () => {
  const link = await linkFor(aPerson().email);
  const secret = new URL(link).searchParams.get('ticket') ?? '';
  const { rows } = await sql<{ id: string; row: string }>`
    select id, passwordless_links::text as row from passwordless_links`.execute(server.app.deps.db);
  expect(rows.length).toBeGreaterThan(0);
  expect(rows.some(({ row }) => row.includes(secret))).toBe(false);
  const secrets = rows.map(({ id }) => passwordlessLinkSecret(server.app.deps.keys.ticket, id));
  expect(secrets).toContain(secret);
  const messages = await sql<{ row: string }>`select messages::text as row from messages`.execute(
    server.app.deps.db,
  );
  expect(messages.rows.some(({ row }) => row.includes(secret))).toBe(false);
});

test('a link ends the session of another user in the same browser', async () => {
  const [one, two] = [aPerson().email, aPerson().email];
  const browser = plainBrowser();
  const subOf = async (back: URL) => {
    const answer = await redeem(back.searchParams.get('code'));
    return decodeJwt(answer.body.id_token).email;
  };
  const scope = 'openid email';
  expect(await subOf(await logInBy(await linkFor(one, { scope }), browser))).toBe(one);
  expect(await subOf(await logInBy(await linkFor(two, { scope }), browser))).toBe(two);
});

test('a stranger gets the same answer but no mail from a connection without sign-up', async () => {
  const { email } = aPerson();
  const answer = await start({ email, connection: 'email-closed' });
  expect(answer).toEqual({
    status: 200,
    body: { _id: expect.any(String), email, email_verified: false },
  });
  await linkFor(aPerson().email);
  expect(server.sink.mails.filter((mail) => mail.to.includes(email))).toEqual([]);
});

test('a page tells a blocked user the reason and logs nobody in', async () => {
  const { email } = aPerson();
  await logInBy(await linkFor(email));
  const { body } = await server.api<{ user_id: string }[]>(
    'GET',
    `/api/v2/users-by-email?email=${encodeURIComponent(email)}`,
  );
  await server.api('PATCH', `/api/v2/users/${body[0]?.user_id}`, { blocked: true });
  const answer = await plainBrowser().submit(await linkFor(email), {});
  expect(answer.status).toBe(403);
  expect(answer.headers.getSetCookie().join()).not.toContain('usher_arrival');
});

describe('the body of a request', () => {
  test.each([
    ['an address of somebody else', { redirect_uri: 'https://evil.example.test/' }],
    ['an unknown response type', { response_type: 'everything' }],
    ['no text', { state: 1 }],
    ['too much', { state: 'x'.repeat(5000) }],
  ])('must not contain %s', async (_what, authParams) => {
    const answer = await start({ email: 'a@b.test', authParams });
    expect(answer).toMatchObject({ status: 400, body: { error: 'bad.authParams' } });
  });

  test('must have an object as authParams and a known value for send', async () => {
    expect((await start({ email: 'a@b.test', authParams: 'scope' })).status).toBe(400);
    expect((await start({ email: 'a@b.test', send: 'pigeon' })).body.error).toBe('bad.send');
  });
});

test('a link of a user with a second factor asks for that factor', async () => {
  const { db } = server.app.deps;
  await configure(db, { factors: ['otp'] });
  const browser = plainBrowser();
  let answer = await browser.submit(await linkFor(aPerson().email), {});
  for (let hop = 0; hop < 4 && answer.status !== 200; hop++) {
    answer = await browser.open(new URL(answer.headers.get('location') ?? '', server.url).href);
  }
  expect(new URL(answer.url).pathname).toBe('/u/mfa-otp-enrollment');
  await configure(db, { factors: [], policies: [] });
});
