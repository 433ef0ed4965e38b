import { beforeAll, expect, test } from 'vitest';
import { aPassword, aPerson, atOnce } from '../harness/factories.ts';
import { DEFAULT_CONNECTION } from '../harness/harness.ts';
import { openPasswordWorld, type PasswordWorld } from '../harness/password-world.ts';
import { linkIn, type SmtpSink } from '../harness/smtp-sink.ts';
import { CALLBACK } from '../harness/world.ts';
import { browserOf } from '../logs/browser.ts';

let world: PasswordWorld;
let mailbox: SmtpSink;
const HIDE = { enumeration: 'hide', requires_username: true };

beforeAll(async () => {
  world = await openPasswordWorld();
  mailbox = world.server.sink;
  expect((await setOptions(HIDE)).status).toBe(200);
});

const setOptions = (options: object) =>
  world.server.api('PATCH', `/api/v2/connections/${world.connectionId}`, { options });

let people = 0;
const aNewcomer = () => ({
  email: aPerson().email,
  username: `person_${++people}`,
  password: aPassword(),
});
type Newcomer = ReturnType<typeof aNewcomer>;

/** Returns a user with an account. */
async function aKnownPerson(): Promise<Newcomer> {
  const person = aNewcomer();
  const made = await world.server.api('POST', '/api/v2/users', {
    connection: DEFAULT_CONNECTION,
    email_verified: true,
    ...person,
  });
  expect(made.status, made.text).toBe(201);
  return person;
}

let address = 0;
const anAddress = () => `198.51.100.${(++address % 250) + 1}`;

type Answer = { status: number; headers: [string, string][]; body: string };

/** Removes the parts of an answer that are new each time: the time, ids, anti-forgery tokens and the typed input. */
async function seen(answer: Response, person: Newcomer): Promise<Answer> {
  const body = (await answer.text())
    .replaceAll(person.email, 'EMAIL')
    .replaceAll(person.username, 'NAME')
    .replace(/"_id":"[0-9a-f]{24}"/, '"_id":""')
    .replace(/name="csrf" value="[^"]*"/g, '')
    .replace(/state=[\w.-]*/g, '');
  const headers = [...answer.headers]
    .filter(([name]) => !['date', 'set-cookie', 'content-length', 'x-request-id'].includes(name))
    .map(([name, value]): [string, string] => [
      name,
      value.replace(/nonce-[^']*/g, '').replace(/state=[^&]*/, 'state='),
    ]);
  const cookies = answer.headers.getSetCookie().map((each) => each.replace(/=[^;]*/, ''));
  return { status: answer.status, headers: [...headers, ['cookies', cookies.join()]], body };
}

async function signUpByApi(person: Newcomer, ip = anAddress()): Promise<Answer> {
  const answer = await fetch(`${world.server.url}/dbconnections/signup`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-forwarded-for': ip },
    body: JSON.stringify({
      client_id: world.client.id,
      connection: DEFAULT_CONNECTION,
      ...person,
    }),
  });
  return seen(answer, person);
}

/** Opens the sign-up page of a login. */
async function openSignUp(browser: ReturnType<typeof browserOf>) {
  const query = new URLSearchParams({
    response_type: 'code',
    client_id: world.client.id,
    redirect_uri: CALLBACK,
    scope: 'openid',
    state: 's',
  });
  const begun = await browser(`${world.server.url}/authorize?${query}`);
  const login = new URL(begun.headers.get('location') ?? '', world.server.url);
  const url = login.href.replace('/u/login', '/u/signup');
  const { page } = await browser(url);
  return { url, login: login.href, csrf: /name="csrf" value="([^"]*)"/.exec(page)?.[1] ?? '' };
}

async function signUpOnPage(person: Newcomer): Promise<Answer[]> {
  const browser = browserOf('a browser', anAddress());
  const { url, csrf } = await openSignUp(browser);
  const form = await browser(url, { csrf, ...person });
  const answers = [await seen(Object.assign(form, { text: async () => form.page }), person)];
  const next = await browser(new URL(form.headers.get('location') ?? '', url).href);
  return [...answers, await seen(Object.assign(next, { text: async () => next.page }), person)];
}

const subjectsTo = (email: string) =>
  mailbox.mails.filter(({ to }) => to.includes(email)).map(({ mail }) => mail.subject ?? '');
const mailTo = async (email: string, about: RegExp) =>
  mailbox.waitForMail(email, { where: ({ mail }) => about.test(mail.subject ?? '') });
const CONFIRM = /^Confirm your email address/;
const KNOWN = /^You already have an account/;
const WAIT = { timeout: 30_000 };
const TAKEN = /^Your account at .* was not created/;

test('the API answers a known address, a new one and a taken username with the same bytes', async () => {
  const [fresh, known, other] = [aNewcomer(), await aKnownPerson(), await aKnownPerson()];
  const named = { ...aNewcomer(), username: other.username };
  const answers = [];
  for (const person of [fresh, { ...known, password: aPassword() }, named]) {
    answers.push(await signUpByApi(person));
  }
  expect(answers[0]?.status).toBe(200);
  expect(answers[1]).toEqual(answers[0]);
  expect(answers[2]).toEqual(answers[0]);
  await mailTo(fresh.email, CONFIRM);
  await mailTo(known.email, KNOWN);
  await mailTo(named.email, TAKEN);
  // The owner of the username gets no mail.
  expect(subjectsTo(other.email)).toEqual([]);
});

test('the page answers a known address, a new one and a taken username with the same bytes', async () => {
  const [fresh, known, other] = [aNewcomer(), await aKnownPerson(), await aKnownPerson()];
  const named = { ...aNewcomer(), username: other.username };
  const [first, second, third] = [
    await signUpOnPage(fresh),
    await signUpOnPage({ ...known, password: aPassword() }),
    await signUpOnPage(named),
  ];
  expect(first.map(({ status }) => status)).toEqual([303, 200]);
  expect(first[1]?.body).toContain('You can log in once your address is confirmed.');
  expect(second).toEqual(first);
  expect(third).toEqual(first);
  await mailTo(fresh.email, CONFIRM);
  await mailTo(known.email, KNOWN);
  await mailTo(named.email, TAKEN);
});

test('a weak password gets the same refusal for every address', async () => {
  const known = { ...(await aKnownPerson()), password: 'x' };
  const fresh = { ...aNewcomer(), password: 'x' };
  const answer = await signUpByApi(fresh);
  expect(answer.status).toBe(400);
  expect(await signUpByApi(known)).toEqual(answer);
});

test('the chosen password reveals nothing: nobody logs in before the address is confirmed', async () => {
  const [fresh, known] = [aNewcomer(), await aKnownPerson()];
  await signUpByApi(fresh);
  await mailTo(fresh.email, CONFIRM);
  const tried = async ({ email, password }: Newcomer) => {
    const { status, body } = await world.login(email, password, { ip: anAddress() });
    return { status, body };
  };
  const refused = await tried(fresh);
  expect(refused.status).toBe(403);
  expect(await tried({ ...known, password: aPassword() })).toEqual(refused);

  const onPage = async ({ email, password }: Newcomer) => {
    const browser = browserOf('a browser', anAddress());
    const { login } = await openSignUp(browser);
    const csrf = /name="csrf" value="([^"]*)"/.exec((await browser(login)).page)?.[1] ?? '';
    const { status, page } = await browser(login, { csrf, username: email, password });
    return { status, text: /role="alert"[^>]*>([^<]*)/.exec(page)?.[1] };
  };
  const shown = await onPage(fresh);
  expect(shown).toEqual(await onPage({ ...known, password: aPassword() }));
  expect(shown.status).toBe(400);
});

/** Opens the link of a mail and sends its form. */
async function followLink(link: string, fields: Record<string, string>) {
  const browser = browserOf('a mail reader', anAddress());
  const { page } = await browser(link);
  const csrf = /name="csrf" value="([^"]*)"/.exec(page)?.[1] ?? '';
  return browser(link, { csrf, ...fields });
}

test('a confirmed address logs in with the password of the sign-up', async () => {
  const fresh = aNewcomer();
  await signUpByApi(fresh);
  const link = linkIn(await mailTo(fresh.email, CONFIRM));
  expect((await followLink(link, { password: fresh.password })).status).toBe(303);
  expect((await world.login(fresh.email, fresh.password, { ip: anAddress() })).status).toBe(200);
});

test('an existing account stays as it is, and its owner can choose a new password through the mail', async () => {
  const known = await aKnownPerson();
  await signUpByApi({ ...known, password: aPassword() });
  expect((await world.login(known.email, known.password, { ip: anAddress() })).status).toBe(200);
  const password = aPassword();
  const link = linkIn(await mailTo(known.email, KNOWN));
  expect((await followLink(link, { password })).status).toBe(303);
  expect((await world.login(known.email, password, { ip: anAddress() })).status).toBe(200);
});

test('the mail mentions the existing account without a link if only operators set passwords', async () => {
  await setOptions({ ...HIDE, disable_self_service_change_password: true });
  const known = await aKnownPerson();
  await signUpByApi({ ...known, password: aPassword() });
  const { mail } = await mailTo(known.email, KNOWN);
  expect(mail.text).toContain('Log in as usual.');
  expect(mail.html).not.toContain('href');
  await setOptions(HIDE);
});

async function untilSignUpsEnd(): Promise<void> {
  await expect
    .poll(async () => {
      const { rows } = await world.server.app.database.execute(
        `select count(*) as n from tasks.job where name = 'finish-sign-up' and state in ('created', 'active', 'retry')`,
      );
      return Number(rows[0]?.n);
    }, WAIT)
    .toBe(0);
}

test('one of sixteen simultaneous sign-ups with one address creates an account, with equal answers and few mails', async () => {
  const fresh = aNewcomer();
  const answers = await atOnce(16, () => signUpByApi(fresh));
  expect(answers[0]?.status).toBe(200);
  for (const answer of answers) expect(answer).toEqual(answers[0]);
  await untilSignUpsEnd();
  const { body } = await world.server.api<unknown[]>(
    'GET',
    `/api/v2/users-by-email?email=${encodeURIComponent(fresh.email)}`,
  );
  expect(body).toHaveLength(1);
  const { rows } = await messagesTo(fresh.email);
  // One mail for the account, and up to five an hour for repeated sign-ups.
  expect(rows.map(({ template }) => template)).toEqual(Array(6).fill('verify_email'));
  // A mail whose link was replaced is not sent.
  await mailTo(fresh.email, CONFIRM);
});

const messagesTo = (email: string) =>
  world.server.app.database.execute('select template from messages where recipient = $1', [email]);

test('a second sign-up before confirmation asks for confirmation again', async () => {
  const fresh = aNewcomer();
  await signUpByApi(fresh);
  const first = linkIn(await mailTo(fresh.email, CONFIRM));
  await signUpByApi({ ...fresh, password: aPassword() });
  const again = await mailbox.waitForMail(fresh.email, {
    where: (receivedMail) => linkIn(receivedMail) !== first,
  });
  expect(again.mail.subject).toMatch(CONFIRM);
  expect((await followLink(linkIn(again), { password: fresh.password })).status).toBe(303);
  expect((await world.login(fresh.email, fresh.password, { ip: anAddress() })).status).toBe(200);
  // From now on the account can log in.
  await signUpByApi({ ...fresh, password: aPassword() });
  await mailTo(fresh.email, KNOWN);
});

test('a sign-up that is finished a second time, after a crash, sends no second mail', async () => {
  const { database } = world.server.app;
  const unconfirmed = aNewcomer();
  await signUpByApi(unconfirmed);
  await mailTo(unconfirmed.email, CONFIRM);
  const taken = { ...aNewcomer(), username: (await aKnownPerson()).username };
  for (const [person, mails] of [
    [await aKnownPerson(), ['sign_up_account_exists']],
    [unconfirmed, ['verify_email', 'verify_email']],
    [taken, ['sign_up_name_taken']],
    [aNewcomer(), ['verify_email']],
  ] as const) {
    await signUpByApi({ ...person, password: aPassword() });
    await untilSignUpsEnd();
    const { rows } = await database.execute(
      `update tasks.job set state = 'retry', completed_on = null, start_after = now() where id in (
        select id from tasks.job where name = 'finish-sign-up' order by created_on desc limit 1) returning id`,
    );
    expect(rows).toHaveLength(1);
    await untilSignUpsEnd();
    expect((await messagesTo(person.email)).rows.map(({ template }) => template)).toEqual(mails);
  }
});

test('neither the queue nor the log shows the data of a sign-up', async () => {
  const fresh = aNewcomer();
  await signUpByApi(fresh);
  const { rows } = await world.server.app.database.execute(
    `select data::text as data from tasks.job where name = 'finish-sign-up'`,
  );
  expect(rows.length).toBeGreaterThan(0);
  for (const { data } of rows) expect(String(data)).not.toMatch(/argon2|@|"email"/);
});

test('forgotten passwords get the same answer, and mails go only to those with an account', async () => {
  const [fresh, known] = [aNewcomer(), await aKnownPerson()];
  const ask = async ({ email, ...person }: Newcomer) => {
    const answer = await fetch(`${world.server.url}/dbconnections/change_password`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-forwarded-for': anAddress() },
      body: JSON.stringify({ connection: DEFAULT_CONNECTION, email }),
    });
    return seen(answer, { email, ...person });
  };
  expect(await ask(known)).toEqual(await ask(fresh));
  await mailTo(known.email, /^Choose a new password/);
  expect(subjectsTo(fresh.email)).toEqual([]);
});

test('passwordless starts get the same answer, and mails go only to those with an account', async () => {
  const made = await world.server.api('POST', '/api/v2/connections', {
    name: 'email',
    strategy: 'email',
    options: { disable_signup: true },
    enabled_clients: [world.client.id],
  });
  expect(made.status, made.text).toBe(201);
  const [fresh, known] = [aNewcomer(), aNewcomer()];
  const user = { connection: 'email', email: known.email, email_verified: true };
  expect((await world.server.api('POST', '/api/v2/users', user)).status).toBe(201);
  const start = async (person: Newcomer) => {
    const { id: client_id, secret: client_secret } = world.client;
    const answer = await fetch(`${world.server.url}/passwordless/start`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-forwarded-for': anAddress() },
      body: JSON.stringify({ client_id, client_secret, connection: 'email', email: person.email }),
    });
    return seen(answer, person);
  };
  const answer = await start(known);
  expect(answer.status).toBe(200);
  expect(await start(fresh)).toEqual(answer);
  await mailTo(known.email, /is your code/);
  expect(subjectsTo(fresh.email)).toEqual([]);
});

test.each([
  ['another word', { enumeration: 'maybe' }],
  ['no word', { enumeration: true }],
  [
    'sign-ups without an e-mail',
    {
      enumeration: 'hide',
      attributes: {
        username: { identifier: { active: true }, signup: { status: 'required' } },
        email: { identifier: { active: true }, signup: { status: 'optional' } },
      },
    },
  ],
])('the setting is refused with %s', async (_what, options) => {
  const { status, text } = await setOptions(options);
  expect(status).toBe(400);
  expect(text).toContain('enumeration');
});

test('a connection without passwords has no such option, and its answers are the same in any case', async () => {
  const { status, text } = await world.server.api('POST', '/api/v2/connections', {
    name: 'codes',
    strategy: 'email',
    options: { enumeration: 'hide' },
  });
  expect(status).toBe(400);
  expect(text).toContain('enumeration');
});

test('the answers are those of Auth0 without the option and with as_auth0', async () => {
  for (const options of [{}, { enumeration: 'as_auth0' }]) {
    await setOptions({ requires_username: true, ...options });
    const fresh = aNewcomer();
    expect((await signUpByApi(fresh)).status).toBe(200);
    expect((await world.login(fresh.email, fresh.password, { ip: anAddress() })).status).toBe(200);
    const again = await signUpByApi(fresh);
    expect([again.status, JSON.parse(again.body).code]).toEqual([400, 'invalid_signup']);
  }
  await setOptions(HIDE);
});
