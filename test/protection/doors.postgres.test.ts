import { createServer } from 'node:http';
import { json } from 'node:stream/consumers';
import { sql } from 'kysely';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { deriveKeys } from '../../src/platform/crypto/crypto.ts';
import { addRecoveryCode } from '../../src/records/authentication-methods/authentication-methods.ts';
import { throttleKey } from '../../src/records/throttles/throttles.ts';
import { aPerson, atOnce } from '../harness/factories.ts';
import { freePort } from '../harness/free-port.ts';
import { openPasswordWorld, type PasswordWorld } from '../harness/password-world.ts';
import { linkIn } from '../harness/smtp-sink.ts';
import { CALLBACK } from '../harness/world.ts';
import { browserOf } from '../logs/browser.ts';
import { aMethod, configure, otpAt, SECRET, wrongOtp } from '../second-factors/factors.ts';

const GRANT = 'http://auth0.com/oauth/grant-type/';
const DEVICE_CODE = 'urn:ietf:params:oauth:grant-type:device_code';
let world: PasswordWorld;
const texts: { recipient: string; text: string }[] = [];

beforeAll(async () => {
  const port = await freePort();
  const phones = createServer(async (request, response) => {
    texts.push((await json(request)) as (typeof texts)[number]);
    response.writeHead(200).end();
  }).listen(port, '127.0.0.1');
  world = await openPasswordWorld({ smsWebhookUrl: `http://127.0.0.1:${port}` });
  const { server, client } = world;
  const grants = ['password-realm', 'passwordless/otp', 'mfa-otp', 'mfa-oob', 'mfa-recovery-code'];
  const changed = await server.api('PATCH', `/api/v2/clients/${client.id}`, {
    grant_types: ['authorization_code', ...grants.map((name) => GRANT + name)],
  });
  expect(changed.status, changed.text).toBe(200);
  for (const name of ['email', 'sms']) {
    const made = await server.api('POST', '/api/v2/connections', {
      name,
      strategy: name,
      enabled_clients: [client.id],
    });
    expect(made.status, made.text).toBe(201);
  }
  return () => {
    phones.closeAllConnections();
    phones.close();
  };
});

beforeEach(() => configure(world.server.app.deps.db, { factors: [] }));

type Body = Record<string, string>;

async function post(path: string, ip: string, fields: object) {
  const { id: client_id, secret: client_secret } = world.client;
  const answer = await fetch(`${world.server.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-forwarded-for': ip },
    body: JSON.stringify({ client_id, client_secret, ...fields }),
  });
  return { status: answer.status, body: (await answer.json()) as Body };
}
const grant = (name: string, ip: string, fields: object) =>
  post('/oauth/token', ip, { grant_type: GRANT + name, scope: 'openid', ...fields });

let addresses = 0;
const anAddress = () => `203.0.${Math.floor(++addresses / 250)}.${(addresses % 250) + 1}`;

/** Returns the newest code in this mailbox since the last call. */
const seen = new Set<unknown>();
async function codeFor(email: string): Promise<string> {
  const mail = await world.server.sink.waitForMail(email, {
    where: (receivedMail) =>
      !seen.has(receivedMail) &&
      /\b\d{6}\b/.test(`${receivedMail.mail.subject} ${receivedMail.mail.text}`),
  });
  for (const each of world.server.sink.mails) seen.add(each);
  return /\b\d{6}\b/.exec(`${mail.mail.subject} ${mail.mail.text}`)?.[0] ?? '';
}

/** Waits for the mails that strangers requested, which the owner ignores. */
async function mailsArrive(): Promise<void> {
  await expect
    .poll(
      async () => {
        const { rows } = await world.server.app.database.execute(
          `select count(*) as n from messages where state in ('queued', 'sending')`,
        );
        return Number(rows[0]?.n);
      },
      { timeout: 20_000 },
    )
    .toBe(0);
  for (const mail of world.server.sink.mails) seen.add(mail);
}

let numbers = 0;
const aNumber = () => `+4915112${String(++numbers).padStart(6, '0')}`;

/** The same number in another format each time. */
let spellings = 0;
function spelled(number: string): string {
  const [country, rest] = [number.slice(1, 3), number.slice(3)];
  const ways = [
    number,
    `00${country}${rest}`,
    `+${country} (0)${rest.slice(0, 3)} / ${rest.slice(3)}`,
    ` +${country}-${[...rest].join('-')}`,
    number.replace(/\d/g, (digit) => String.fromCodePoint(0xff10 + Number(digit))),
  ];
  return ways[spellings++ % ways.length] ?? number;
}

function codeTextedTo(number: string): string {
  const text = texts.findLast(({ recipient }) => recipient === number)?.text;
  return /\b\d{6}\b/.exec(text ?? '')?.[0] ?? '';
}

/** The format in which people type and paste it: with blanks, and in full-width digits. */
const typed = (code: string) =>
  ` ${code.slice(0, 3)} ${code.slice(3)}\n`.replace(/\d/g, (digit) =>
    String.fromCodePoint(0xff10 + Number(digit)),
  );
const otherThan = (code: string) => (code === '000000' ? '000001' : '000000');

type Person = Awaited<ReturnType<PasswordWorld['createUser']>>;

/** Strangers who guess a second factor know the password. */
async function mfaToken({ email, password }: Person, ip: string): Promise<string> {
  const { status, body } = await world.login(email, password, { ip });
  expect([status, body.error]).toEqual([403, 'mfa_required']);
  return body.mfa_token ?? '';
}

const strangers = new Map<string, Promise<string>>();
/** Returns the token with which strangers guess a second factor from any address. */
function strangersToken(owner: Person, ip: string): Promise<string> {
  const token = strangers.get(owner.userId) ?? mfaToken(owner, ip);
  strangers.set(owner.userId, token);
  return token;
}

type Door = {
  /** Returns a user who can log in by it. */
  owner(): Promise<Person & { enter(ip: string): Promise<number> }>;
  /** A wrong one, and the status of the answer. */
  guess(owner: Person, ip: string): Promise<number>;
};

const factor = (method: Omit<Parameters<typeof aMethod>[1], 'userId'>, userId: string) =>
  aMethod(
    {
      db: world.server.app.deps.db,
      key: deriveKeys(world.server.config.secret ?? '').encryption,
      now: new Date(),
    },
    { userId, ...method },
  );

const doors: Record<string, Door> = {
  'a password': {
    async owner() {
      const person = await world.createUser();
      const enter = async (ip: string) =>
        (await world.login(` ${person.email.toUpperCase()} `, person.password, { ip })).status;
      return { ...person, enter };
    },
    guess: async ({ email }, ip) => (await world.login(email, 'wrong', { ip })).status,
  },
  'a code to log in with': {
    async owner() {
      const { email } = aPerson();
      const enter = async (ip: string) => {
        await mailsArrive();
        const started = await post('/passwordless/start', ip, { connection: 'email', email });
        if (started.status !== 200) return started.status;
        const otp = typed(await codeFor(email));
        return (await grant('passwordless/otp', ip, { realm: 'email', username: email, otp }))
          .status;
      };
      return { userId: '', email, password: '', enter };
    },
    // The attacker requests codes too.
    async guess({ email }, ip) {
      await post('/passwordless/start', ip, { connection: 'email', email });
      const fields = { realm: 'email', username: email, otp: '000000' };
      return (await grant('passwordless/otp', ip, fields)).status;
    },
  },
  'a code to log in with that is texted': {
    async owner() {
      const number = aNumber();
      const enter = async (ip: string) => {
        const phone_number = spelled(number);
        const started = await post('/passwordless/start', ip, { connection: 'sms', phone_number });
        if (started.status !== 200) return started.status;
        const otp = typed(codeTextedTo(number));
        const fields = { realm: 'sms', username: spelled(number), otp };
        return (await grant('passwordless/otp', ip, fields)).status;
      };
      return { userId: '', email: number, password: '', enter };
    },
    async guess({ email: number }, ip) {
      await post('/passwordless/start', ip, { connection: 'sms', phone_number: spelled(number) });
      const fields = { realm: 'sms', username: spelled(number), otp: '000000' };
      return (await grant('passwordless/otp', ip, fields)).status;
    },
  },
  'a code of an application': {
    async owner() {
      await configure(world.server.app.deps.db, { factors: ['otp'] });
      const person = await world.createUser();
      await factor({ kind: 'totp', totpSecret: SECRET }, person.userId);
      let steps = 0;
      const enter = async (ip: string) => {
        const at = new Date(Date.now() + 30_000 * steps++);
        const mfa_token = await mfaToken(person, ip);
        return (await grant('mfa-otp', ip, { mfa_token, otp: typed(otpAt(SECRET, at)) })).status;
      };
      return { ...person, enter };
    },
    async guess(owner, ip) {
      const mfa_token = await strangersToken(owner, ip);
      return (await grant('mfa-otp', ip, { mfa_token, otp: wrongOtp(SECRET, new Date()) })).status;
    },
  },
  'a recovery code': {
    async owner() {
      await configure(world.server.app.deps.db, { factors: ['otp', 'recovery-code'] });
      const person = await world.createUser();
      await factor({ kind: 'totp', totpSecret: SECRET }, person.userId);
      const { db } = world.server.app.deps;
      const added = await addRecoveryCode(db, { userId: person.userId, now: new Date() });
      let next = added ?? '';
      const enter = async (ip: string) => {
        const mfa_token = await mfaToken(person, ip);
        const recovery_code = ` ${next.slice(0, 12).toLowerCase()}-${next.slice(12)} `;
        const { status, body } = await grant('mfa-recovery-code', ip, { mfa_token, recovery_code });
        next = body.recovery_code ?? next;
        return status;
      };
      return { ...person, enter };
    },
    async guess(owner, ip) {
      const mfa_token = await strangersToken(owner, ip);
      return (await grant('mfa-recovery-code', ip, { mfa_token, recovery_code: 'A'.repeat(24) }))
        .status;
    },
  },
  'a code that was mailed as a second factor': {
    async owner() {
      await configure(world.server.app.deps.db, { factors: ['email'] });
      const person = await world.createUser();
      await factor({ kind: 'email', email: person.email }, person.userId);
      const enter = async (ip: string) => {
        const mfa_token = await mfaToken(person, ip);
        await mailsArrive();
        const asked = await post('/mfa/challenge', ip, { mfa_token, challenge_type: 'oob' });
        if (asked.status !== 200) return asked.status;
        const { oob_code } = asked.body;
        const binding_code = typed(await codeFor(person.email));
        return (await grant('mfa-oob', ip, { mfa_token, oob_code, binding_code })).status;
      };
      return { ...person, enter };
    },
    async guess(owner, ip) {
      const mfa_token = await strangersToken(owner, ip);
      const { body } = await post('/mfa/challenge', ip, { mfa_token, challenge_type: 'oob' });
      const fields = { mfa_token, oob_code: body.oob_code ?? 'x', binding_code: otherThan('') };
      return (await grant('mfa-oob', ip, fields)).status;
    },
  },
  'a code that was texted as a second factor': {
    async owner() {
      await configure(world.server.app.deps.db, { factors: ['sms'] });
      const person = await world.createUser();
      const number = aNumber();
      await factor({ kind: 'phone', phoneNumber: number }, person.userId);
      const enter = async (ip: string) => {
        const mfa_token = await mfaToken(person, ip);
        const asked = await post('/mfa/challenge', ip, { mfa_token, challenge_type: 'oob' });
        if (asked.status !== 200) return asked.status;
        const { oob_code } = asked.body;
        const binding_code = typed(codeTextedTo(number));
        return (await grant('mfa-oob', ip, { mfa_token, oob_code, binding_code })).status;
      };
      return { ...person, enter };
    },
    async guess(owner, ip) {
      const mfa_token = await strangersToken(owner, ip);
      const { body } = await post('/mfa/challenge', ip, { mfa_token, challenge_type: 'oob' });
      const fields = { mfa_token, oob_code: body.oob_code ?? 'x', binding_code: otherThan('') };
      return (await grant('mfa-oob', ip, fields)).status;
    },
  },
};

describe.each(Object.entries(doors))('%s', (_name, door) => {
  test('gives strangers at most eleven guesses from one address or many, and the owner still logs in', async () => {
    const owner = await door.owner();
    const home = anAddress();
    expect(await owner.enter(home)).toBe(200);
    const oneAddress = anAddress();
    const guesses = [
      ...(await atOnce(8, () => door.guess(owner, oneAddress))),
      ...(await atOnce(12, () => door.guess(owner, anAddress()))),
    ];
    expect(guesses.every((status) => status === 403 || status === 429)).toBe(true);
    expect(guesses.filter((status) => status === 403).length).toBeLessThanOrEqual(11);
    expect(guesses).toContain(429);
    expect(await owner.enter(home)).toBe(200);
  });
});

describe('the code of a device', () => {
  let television: string;
  beforeAll(async () => {
    const made = await world.server.api<{ client_id: string }>('POST', '/api/v2/clients', {
      name: 'Television',
      app_type: 'native',
      oidc_conformant: true,
      token_endpoint_auth_method: 'none',
      grant_types: [DEVICE_CODE],
    });
    expect(made.status, made.text).toBe(201);
    television = made.body.client_id;
  });

  /** Types a code into the page. */
  async function types(user_code: string, ip: string) {
    const browser = browserOf('a browser', ip);
    const url = `${world.server.url}/activate`;
    const xsrf = /name="xsrf"[^>]*value="([^"]*)"/.exec((await browser(url)).page)?.[1] ?? '';
    return browser(url, { xsrf, user_code });
  }

  /** Whether the page asks a user to confirm a device. */
  async function connects(ip: string): Promise<[status: number, isAsked: boolean]> {
    const begun = await fetch(`${world.server.url}/oauth/device/code`, {
      method: 'POST',
      headers: { 'x-forwarded-for': ip },
      body: new URLSearchParams({ client_id: television }),
    });
    const { user_code } = (await begun.json()) as Body;
    const { status, page } = await types(typed(user_code?.toLowerCase() ?? ''), ip);
    return [status, page.includes('Television') && /name="confirm"/.test(page)];
  }

  test('allows a hundred guesses from one address in any form, and affects nobody elsewhere', async () => {
    const ip = anAddress();
    const statuses = [];
    for (let round = 0; round < 12; round++) {
      const codes = ['BBBB-BBBB', 'bbbbbbbb', ' B B B B B B B B ', 'ＢＢＢＢ－ＢＢＢＢ'];
      const answers = await atOnce(10, (n) => types(codes[n % codes.length] ?? '', ip));
      statuses.push(...answers.map(({ status }) => status));
    }
    expect(statuses).toContain(429);
    // The limit allows one more every six seconds.
    expect(statuses.filter((status) => status !== 429).length).toBeLessThanOrEqual(110);
    expect(await connects(anAddress())).toEqual([200, true]);
  });

  test('stays usable from a known address after strangers have used up their guesses', async () => {
    const { email, password } = await world.createUser();
    const home = anAddress();
    expect((await world.login(email, password, { ip: home })).status).toBe(200);
    await types('BBBB-BBBB', anAddress());
    const key = throttleKey('traces', 'TypedUserCode');
    const { db } = world.server.app.deps;
    await sql`update throttles set count = 10000 where key = ${key}`.execute(db);
    expect((await types('BBBB-BBBB', anAddress())).status).toBe(429);
    expect(await connects(home)).toEqual([200, true]);
  });
});

test("a stranger's login code does not replace the owner’s", async () => {
  const { email } = aPerson();
  const [home, abroad] = [anAddress(), anAddress()];
  const start = (ip: string) => post('/passwordless/start', ip, { connection: 'email', email });
  expect((await start(home)).status).toBe(200);
  const otp = await codeFor(email);
  expect((await start(abroad)).status).toBe(200);
  const fields = { realm: 'email', username: email };
  for (let n = 0; n < 4; n++) {
    const wrong = { ...fields, otp: otherThan(otp) };
    expect((await grant('passwordless/otp', abroad, wrong)).status).toBe(403);
  }
  expect((await grant('passwordless/otp', home, { ...fields, otp })).status).toBe(200);
});

test('strangers do not lock the password of an owner out of an address from which the owner has logged in with a code', async () => {
  const owner = await world.createUser();
  const { email } = aPerson();
  const home = anAddress();
  const identity = await world.server.api<{ user_id: string }>('POST', '/api/v2/users', {
    connection: 'email',
    email,
    email_verified: true,
  });
  expect(identity.status, identity.text).toBe(201);
  const linked = await world.server.api(
    'POST',
    `/api/v2/users/${encodeURIComponent(owner.userId)}/identities`,
    { provider: 'email', user_id: identity.body.user_id },
  );
  expect(linked.status, linked.text).toBe(201);
  await post('/passwordless/start', home, { connection: 'email', email });
  const fields = { realm: 'email', username: email, otp: await codeFor(email) };
  expect((await grant('passwordless/otp', home, fields)).status).toBe(200);

  const guesses = await atOnce(16, () => world.login(owner.email, 'wrong', { ip: anAddress() }));
  expect(guesses.map(({ status }) => status)).toContain(429);
  const enters = async (ip: string) =>
    (await world.login(owner.email, owner.password, { ip })).status;
  expect(await enters(anAddress())).toBe(429);
  expect(await enters(home)).toBe(200);
});

test('a code works at an address other than the one that requested it', async () => {
  const { email } = aPerson();
  await post('/passwordless/start', anAddress(), { connection: 'email', email });
  const otp = await codeFor(email);
  const fields = { realm: 'email', username: email, otp };
  const answers = await atOnce(16, () => grant('passwordless/otp', anAddress(), fields));
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
});

test("a stranger's login link does not replace the owner’s", async () => {
  const { email } = aPerson();
  const authParams = { response_type: 'code', redirect_uri: CALLBACK, scope: 'openid' };
  const start = (ip: string) =>
    post('/passwordless/start', ip, { connection: 'email', email, send: 'link', authParams });
  expect((await start(anAddress())).status).toBe(200);
  const link = linkIn(await world.server.sink.waitForMail(email));
  expect((await start(anAddress())).status).toBe(200);
  expect((await fetch(link)).status).toBe(200);
});

/** Sends the form of a page. */
async function submit(
  browser: ReturnType<typeof browserOf>,
  url: string,
  fields: Record<string, string>,
) {
  const { page } = await browser(url);
  const csrf = /name="csrf" value="([^"]*)"/.exec(page)?.[1] ?? '';
  return browser(url, { csrf, ...fields });
}

async function logsIn(
  browser: ReturnType<typeof browserOf>,
  username: string,
  password: string,
): Promise<number> {
  const query = new URLSearchParams({
    response_type: 'code',
    client_id: world.client.id,
    redirect_uri: CALLBACK,
    scope: 'openid',
    state: 's',
    prompt: 'login',
  });
  const begun = await browser(`${world.server.url}/authorize?${query}`);
  const url = new URL(begun.headers.get('location') ?? '', world.server.url).href;
  const answer = await browser(url);
  // A fresh proof of identity lets a user in once without a limit.
  if (answer.status === 303) return logsIn(browser, username, password);
  return (await submit(browser, url, { username, password })).status;
}

test.each([
  [
    'has chosen a password with a link',
    async (person: Person, browser: ReturnType<typeof browserOf>) => {
      const made = await world.server.api<{ ticket: string }>(
        'POST',
        '/api/v2/tickets/password-change',
        { user_id: person.userId },
      );
      const { password } = await world.createUser();
      expect((await submit(browser, made.body.ticket, { password })).status).toBe(303);
      return password;
    },
  ],
  [
    'has confirmed an address',
    async (person: Person, browser: ReturnType<typeof browserOf>) => {
      const path = `/api/v2/users/${encodeURIComponent(person.userId)}`;
      await world.server.api('PATCH', path, { email_verified: false });
      const made = await world.server.api<{ ticket: string }>(
        'POST',
        '/api/v2/tickets/email-verification',
        { user_id: person.userId },
      );
      expect((await submit(browser, made.body.ticket, {})).status).toBe(303);
      return person.password;
    },
  ],
])('strangers do not shut out a browser in which the owner %s', async (_what, prove) => {
  const person = await world.createUser();
  const browser = browserOf('of the owner', anAddress());
  const password = await prove(person, browser);
  await atOnce(16, () => world.login(person.email, 'wrong', { ip: anAddress() }));
  expect((await world.login(person.email, password, { ip: anAddress() })).status).toBe(429);
  expect(await logsIn(browser, person.email, password)).toBe(303);
});

test('pages accept pasted codes of any length', async () => {
  const { page } = await browserOf('a browser')(`${world.server.url}/activate?user_code=WDJB-MJHT`);
  expect(/id="user_code"[^>]*maxlength="(\d+)"/.exec(page)?.[1]).toBe('64');
});
