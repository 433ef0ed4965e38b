import { decodeJwt } from 'jose';
import { beforeAll, expect, test } from 'vitest';
import { aPerson, atOnce } from '../harness/factories.ts';
import { startServer, type TestServer } from '../harness/harness.ts';
import { aMethod, configure, otpAt, SECRET } from '../second-factors/factors.ts';
import { postToken, type Tokens } from './fixture.ts';

const GRANT = 'http://auth0.com/oauth/grant-type/passwordless/otp';
const MFA_OTP = 'http://auth0.com/oauth/grant-type/mfa-otp';
type Refused = { error: string; error_description: string };

let server: TestServer;
let client: { client_id: string; client_secret: string };

beforeAll(async () => {
  server = await startServer();
  client = await aClient();
  for (const [strategy, options] of [
    ['email', {}],
    ['email', { disable_signup: true }],
  ] as const) {
    const name = Object.keys(options).length === 0 ? strategy : `${strategy}-closed`;
    const made = await server.api('POST', '/api/v2/connections', {
      name,
      strategy,
      options,
      enabled_clients: [client.client_id],
    });
    if (made.status !== 201) throw new Error(made.text);
  }
});

async function aClient() {
  const made = await server.api<{ client_id: string; client_secret: string }>(
    'POST',
    '/api/v2/clients',
    { name: 'Codes', app_type: 'regular_web', grant_types: [GRANT, MFA_OTP, 'refresh_token'] },
  );
  if (made.status !== 201) throw new Error(made.text);
  return made.body;
}

async function start(fields: Record<string, unknown>) {
  const answer = await fetch(`${server.url}/passwordless/start`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ client_id: client.client_id, connection: 'email', ...fields }),
  });
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
}

const read = new Set<unknown>();

async function codeFor(email: string): Promise<string> {
  expect((await start({ email, send: 'code' })).status).toBe(200);
  const mail = await server.sink.waitForMail(email, {
    where: (receivedMail) => !read.has(receivedMail),
  });
  read.add(mail);
  const { subject = '' } = mail.mail;
  const code = /\b\d{6}\b/.exec(subject)?.[0];
  if (code === undefined) throw new Error(`No code in ${subject}`);
  return code;
}

const redeem = <T = Tokens>(fields: Record<string, unknown>) =>
  postToken<T>(server, {
    grant_type: GRANT,
    client_id: client.client_id,
    client_secret: client.client_secret,
    realm: 'email',
    scope: 'openid email offline_access',
    ...fields,
  });

test('a mailed code logs a new user in once', async () => {
  const { email } = aPerson();
  const otp = await codeFor(email.toUpperCase());
  const answers = await atOnce(3, () => redeem({ username: email, otp }));
  const good = answers.filter(({ status }) => status === 200);
  expect(good).toHaveLength(1);
  const [tokens] = good;
  const claims = decodeJwt(tokens?.body.id_token ?? '');
  expect(claims).toMatchObject({ email, email_verified: true });
  expect(claims.sub).toMatch(/^email\|[0-9a-f]{24}$/);
  expect(tokens?.body.refresh_token).toEqual(expect.any(String));
  const found = await server.api<{ user_id: string; identities: unknown[] }[]>(
    'GET',
    `/api/v2/users-by-email?email=${encodeURIComponent(email)}`,
  );
  expect(found.body).toMatchObject([
    { user_id: claims.sub, identities: [{ connection: 'email', provider: 'email' }] },
  ]);
  // The second time it is the same account.
  const again = await redeem({ username: email, otp: await codeFor(email) });
  expect(decodeJwt(again.body.id_token).sub).toBe(claims.sub);
});

test('the ID token names the code and the second factor, and no password', async () => {
  const { email } = aPerson();
  const first = await redeem({ username: email, otp: await codeFor(email) });
  const { sub: userId = '' } = decodeJwt(first.body.id_token ?? '');
  const { db, keys } = server.app.deps;
  await configure(db, { factors: ['otp'], policies: ['all-applications'] });
  const factor = { userId, kind: 'totp', totpSecret: SECRET } as const;
  await aMethod({ db, key: keys.encryption, now: new Date() }, factor);
  const asked = await redeem<Refused & { mfa_token: string }>({
    username: email,
    otp: await codeFor(email),
  });
  expect([asked.status, asked.body.error]).toEqual([403, 'mfa_required']);
  const { mfa_token } = asked.body;
  const otp = otpAt(SECRET, new Date());
  const done = await redeem({ grant_type: MFA_OTP, mfa_token, otp });
  await configure(db, { factors: [], policies: [] });
  expect(decodeJwt(done.body.id_token ?? '').amr).toEqual(['otp', 'mfa']);
});

test('three wrong codes end a code, even for the right one', async () => {
  const { email } = aPerson();
  const otp = await codeFor(email);
  const wrong = otp === '000000' ? '111111' : '000000';
  for (let n = 0; n < 3; n++) {
    expect(await redeem<Refused>({ username: email, otp: wrong })).toMatchObject({
      status: 403,
      body: { error: 'invalid_grant', error_description: 'Wrong email or verification code.' },
    });
  }
  expect((await redeem({ username: email, otp })).status).toBe(403);
});

test('another application cannot use a code', async () => {
  const { email } = aPerson();
  const otp = await codeFor(email);
  const other = await aClient();
  const { body } = await server.api<{ id: string }[]>('GET', '/api/v2/connections?name=email');
  await server.api('PATCH', `/api/v2/connections/${body[0]?.id}/clients`, [
    { client_id: other.client_id, status: true },
  ]);
  const { client_id, client_secret } = other;
  const stolen = await redeem({ username: email, otp, client_id, client_secret });
  expect(stolen.status).toBe(403);
});

test('a stranger gets the same answer but no code from a connection without sign-up', async () => {
  const { email } = aPerson();
  const answer = await start({ email, connection: 'email-closed' });
  expect(answer.status).toBe(200);
  expect(answer.body).toEqual({ _id: expect.any(String), email, email_verified: false });
  await codeFor(aPerson().email);
  expect(server.sink.mails.filter((mail) => mail.to.includes(email))).toEqual([]);
});

test('an invalid request is refused with the reason', async () => {
  expect(await start({ email: 'no address' })).toMatchObject({
    status: 400,
    body: { error: 'bad.email' },
  });
  expect(await start({ email: 'a@b.test', connection: 'nowhere' })).toMatchObject({
    status: 400,
    body: { error: 'bad.connection' },
  });
  expect(await start({ email: 'a@b.test', client_secret: 'wrong' })).toMatchObject({
    status: 401,
    body: { error: 'access_denied' },
  });
  expect(await redeem<Refused>({ username: 'a@b.test', otp: '1', realm: 'nowhere' })).toMatchObject(
    {
      status: 400,
      body: { error: 'invalid_request' },
    },
  );
});
