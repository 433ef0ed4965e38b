import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { aPassword, aPerson } from '../harness/factories.ts';
import { DEFAULT_CONNECTION, startServer, type TestServer } from '../harness/harness.ts';
import { registerClient } from '../harness/registered.ts';
import { startTextSink } from '../harness/text-sink.ts';
import { configure } from './factors.ts';

const GRANT = 'http://auth0.com/oauth/grant-type/';

let server: TestServer;
let client: { client_id: string; client_secret: string };
let serial = 0;
let texts: Map<string, string>;

beforeAll(async () => {
  const sink = await startTextSink();
  texts = sink.texts;
  server = await startServer({ smsWebhookUrl: sink.url });
  await configure(server.app.deps.db, { factors: ['sms'] });
  const { id: clientId, secret: clientSecret } = await registerClient(server, {
    name: 'Meadow Notes',
    app_type: 'regular_web',
    grant_types: [`${GRANT}password-realm`, `${GRANT}mfa-oob`],
  });
  client = { client_id: clientId, client_secret: String(clientSecret) };
  await set('POST', '/connections', {
    name: 'sms',
    strategy: 'sms',
    enabled_clients: [client.client_id],
  });
  return sink.close;
});

beforeEach(() => speak('en', 'de', 'fr'));

async function set<T>(method: string, path: string, body: object): Promise<T> {
  const answer = await server.api<T>(method, `/api/v2${path}`, body);
  expect(answer.status, answer.text).toBeLessThan(300);
  return answer.body;
}
const speak = (...enabled_locales: string[]) =>
  set('PATCH', '/tenants/settings', {
    enabled_locales,
    friendly_name: 'Meadow',
    support_email: 'help@meadow.test',
    support_url: 'https://meadow.test/help',
  });

const aNumber = () => `+4917012345${String(10 + serial++)}`;

async function post(path: string, body: object, headers: Record<string, string> = {}) {
  const answer = await fetch(`${server.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ ...client, ...body }),
  });
  return { status: answer.status, body: (await answer.json()) as Record<string, string> };
}

/** Returns a user who has typed a password and must enter a second factor. */
async function halfway(lang: string | null) {
  const person = { email: aPerson().email, password: aPassword() };
  const { user_id } = await set<{ user_id: string }>('POST', '/users', {
    connection: DEFAULT_CONNECTION,
    email_verified: true,
    ...person,
    ...(lang !== null && { user_metadata: { lang } }),
  });
  const logIn = async () => {
    const { body } = await post('/oauth/token', {
      grant_type: `${GRANT}password-realm`,
      realm: DEFAULT_CONNECTION,
      username: person.email,
      password: person.password,
    });
    return String(body.mfa_token);
  };
  return { user_id, logIn };
}

/** The text that phones receive, by occasion. */
const READ = {
  async verification(lang: string | null) {
    const { user_id, logIn } = await halfway(lang);
    const phone_number = aNumber();
    const methods = `/users/${encodeURIComponent(user_id)}/authentication-methods`;
    await set('POST', methods, { type: 'phone', phone_number });
    const asked = { mfa_token: await logIn(), challenge_type: 'oob' };
    expect((await post('/mfa/challenge', asked)).status).toBe(200);
    return texts.get(phone_number);
  },
  async enrollment(lang: string | null) {
    const { logIn } = await halfway(lang);
    const phone_number = aNumber();
    const wanted = { authenticator_types: ['oob'], oob_channels: ['sms'], phone_number };
    const authorization = `Bearer ${await logIn()}`;
    expect((await post('/mfa/associate', wanted, { authorization })).status).toBe(200);
    return texts.get(phone_number);
  },
  async login(lang: string | null) {
    const phone_number = aNumber();
    const wanted = { connection: 'sms', send: 'code', phone_number };
    const headers: Record<string, string> = lang === null ? {} : { 'x-request-language': lang };
    expect((await post('/passwordless/start', wanted, headers)).status).toBe(200);
    return texts.get(phone_number);
  },
};
const OCCASIONS = ['verification', 'enrollment', 'login'] as const;

const SAYS = {
  en: {
    verification: /^Your verification code is: \d{6}\. It is for Meadow\.$/,
    enrollment: /^\d{6} is your verification code to enroll this phone with Meadow\.$/,
    login: /^Your verification code is: \d{6}$/,
  },
  de: {
    verification: /^Ihr Bestätigungscode lautet: \d{6}\. Er ist für Meadow\.$/,
    enrollment: /^\d{6} ist Ihr Bestätigungscode, um dieses Telefon bei Meadow einzurichten\.$/,
    login: /^Ihr Bestätigungscode lautet: \d{6}$/,
  },
  fr: {
    verification: /^Votre code de vérification est : \d{6}\. Il concerne Meadow\.$/,
    enrollment: /^\d{6} est votre code de vérification pour associer ce téléphone à Meadow\.$/,
    login: /^Votre code de vérification est : \d{6}$/,
  },
};

describe.each(OCCASIONS)('a text for %s', (occasion) => {
  test.each([
    ['en', 'en'],
    ['de', 'de'],
    ['de-AT', 'de'],
    ['fr', 'fr'],
    ['fr-CA', 'fr'],
    [null, 'en'],
    ['nl', 'en'],
  ] as const)('to a user who reads %s is in %s', async (wish, language) => {
    expect(await READ[occasion](wish)).toMatch(SAYS[language][occasion]);
  });

  test('to a user without a known language is in the first language of the operator', async () => {
    await speak('fr', 'en');
    expect(await READ[occasion](null)).toMatch(SAYS.fr[occasion]);
    expect(await READ[occasion]('nl')).toMatch(SAYS.fr[occasion]);
    expect(await READ[occasion]('de')).toMatch(SAYS.de[occasion]);
  });
});

describe('an operator’s text', () => {
  const OWN =
    "{% if locale contains 'nl' %}Uw code{% else %}A code{% endif %} by {{ message_type }}: {{ code }} ({{ tenant.friendly_name }}, {{ tenant.support_email }}, {{ tenant.support_url }})";
  const built = async () =>
    (await server.api<Record<string, string>>('GET', '/api/v2/guardian/factors/phone/templates'))
      .body;

  test('reaches every user, with their language and the sender', async () => {
    const before = await built();
    await set('PUT', '/guardian/factors/phone/templates', {
      enrollment_message: `Welcome. ${OWN}`,
      verification_message: OWN,
    });
    const rest = /by sms: \d{6} \(Meadow, help@meadow\.test, https:\/\/meadow\.test\/help\)$/;
    expect(await READ.verification('nl-BE')).toMatch(new RegExp(`^Uw code ${rest.source}`));
    expect(await READ.verification('fr')).toMatch(new RegExp(`^A code ${rest.source}`));
    expect(await READ.enrollment('nl')).toMatch(new RegExp(`^Welcome\\. Uw code ${rest.source}`));
    // A body from GET restores every language.
    await set('PUT', '/guardian/factors/phone/templates', before);
    expect(await READ.verification('fr')).toMatch(SAYS.fr.verification);
    expect(await built()).toEqual(before);
  });

  test('of a connection wins and names the application', async () => {
    const [{ id } = { id: '' }] = (
      await server.api<{ id: string }[]>('GET', '/api/v2/connections?name=sms')
    ).body;
    const template =
      "{% if locale contains 'nl' %}Uw code{% else %}Your code{% endif %} for {{ application.name }}: @@password@@";
    await set('PATCH', `/connections/${id}`, { options: { template } });
    expect(await READ.login('nl')).toMatch(/^Uw code for Meadow Notes: \d{6}$/);
    expect(await READ.login(null)).toMatch(/^Your code for Meadow Notes: \d{6}$/);
    await set('PATCH', `/connections/${id}`, { options: {} });
    expect(await READ.login('de')).toMatch(SAYS.de.login);
  });

  test.each([
    ['PUT', '/guardian/factors/phone/templates', 'verification_message'],
    ['PUT', '/guardian/factors/sms/templates', 'enrollment_message'],
  ])('sent by %s %s without the code is refused (%s)', async (method, path, field) => {
    const good = { enrollment_message: '{{ code }}', verification_message: '{{ code }}' };
    const answer = await server.api<{ message: string }>(method, `/api/v2${path}`, {
      ...good,
      [field]: 'Welcome to {{ tenant.friendly_name }}',
    });
    expect([answer.status, answer.body.message]).toEqual([
      400,
      `Invalid ${field} template: it lacks the code: put {{ code }} into it`,
    ]);
  });

  test.each([
    ['sms', { template: 'Welcome' }, 'template'],
    ['email', { email: { body: '<p>Welcome</p>' } }, 'email.body'],
  ])('of a passwordless connection for %s without the code is refused', async (strategy, options, field) => {
    const answer = await server.api<{ message: string }>('POST', '/api/v2/connections', {
      name: `none-${strategy}`,
      strategy,
      options,
    });
    expect([answer.status, answer.body.message]).toEqual([
      400,
      expect.stringMatching(new RegExp(`it lacks the code.* on property options\\.${field}`)),
    ]);
  });
});
