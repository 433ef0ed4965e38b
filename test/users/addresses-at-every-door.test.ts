import { beforeAll, expect, test } from 'vitest';
import { aPassword, atOnce } from '../harness/factories.ts';
import { startServer, type TestServer } from '../harness/harness.ts';
import { finishedJob } from '../harness/imports.ts';
import { type PlainBrowser, plainBrowser } from '../harness/plain-browser.ts';

// Each row has the typed address of a new user and the stored one. `null`: no endpoint creates an account.
// Each endpoint replaces `*` by a new text.
const INPUTS: [string, string | null][] = [
  ['*@Example.TEST', '*@example.test'],
  [' *@blanks.test\t', '*@blanks.test'],
  ['*@localhost', '*@localhost'],
  ['*.-@x.test', '*.-@x.test'],
  ['*..y@x.test', null],
  ['.*@x.test', null],
  ["*'o+tag@x.test", "*'o+tag@x.test"],
  ['*"y@x.test', null],
  ['"* y"@x.test', null],
  ['*,victim@x.test', null],
  ['*:victim@x.test', null],
  ['* <victim@x.test>', null],
  ['<*@x.test>', null],
  ['* y@x.test', null],
  ['*@x.test\n', null],
  ['*@x.test\r\nBcc: victim@x.test', null],
  ['*\0@x.test', null],
  ['*\u0007@x.test', null],
  ['*\u200b@x.test', null],
  ['*@x\u00ad.test', null],
  ['*é@x.test', '*é@x.test'],
  ['*e\u0301@nfd.test', '*é@nfd.test'],
  ['*@bücher.test', '*@xn--bcher-kva.test'],
  ['*@BU\u0308CHER.example', '*@xn--bcher-kva.example'],
  ['*@xn--bcher-kva.test', '*@xn--bcher-kva.test'],
  ['*@xn--zzzz', null],
  ['*ａ@x.test', null],
  ['*@ｘ.test', '*@x.test'],
  ['*ı@x.test', '*ı@x.test'],
  ['*İ@x.test', '*i\u0307@x.test'],
  ['*@x.test.', null],
  ['*@-x.test', null],
  ['*@x', '*@x'],
  ['*@127.0.0.1', null],
  ['*@[127.0.0.1]', null],
  [`*${'l'.repeat(64)}@x.test`, null],
  [`*@${`${'d'.repeat(60)}.`.repeat(4)}test`, `*@${`${'d'.repeat(60)}.`.repeat(4)}test`],
  [`*@${`${'d'.repeat(60)}.`.repeat(5)}test`, null],
];

let server: TestServer;
let clientId: string;
let secret: string;
let organizationId: string;
let connectionId: string;
let count = 0;

beforeAll(async () => {
  server = await startServer();
  const client = await server.api<{ client_id: string; client_secret: string }>(
    'POST',
    '/api/v2/clients',
    {
      name: 'App',
      app_type: 'regular_web',
      callbacks: ['https://app.test/callback'],
      initiate_login_uri: 'https://app.test/login',
      organization_usage: 'allow',
      grant_types: [
        'authorization_code',
        'http://auth0.com/oauth/grant-type/passwordless/otp',
        'http://auth0.com/oauth/grant-type/password-realm',
      ],
    },
  );
  ({ client_id: clientId, client_secret: secret } = client.body);
  // All these requests come from one IP address.
  await server.api('PATCH', '/api/v2/attack-protection/suspicious-ip-throttling', {
    enabled: false,
  });
  const store = await server.api<{ id: string }>('POST', '/api/v2/connections', {
    name: 'store',
    strategy: 'auth0',
    options: { passwordPolicy: 'none' },
    enabled_clients: [clientId],
  });
  connectionId = store.body.id;
  await server.api('POST', '/api/v2/connections', {
    name: 'email',
    strategy: 'email',
    enabled_clients: [clientId],
  });
  const organization = await server.api<{ id: string }>('POST', '/api/v2/organizations', {
    name: 'acme',
  });
  organizationId = organization.body.id;
});

const post = (path: string, body: object) =>
  fetch(`${server.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });

/** Each returns the stored address, or `null`. */
const DOORS: Record<string, (email: string) => Promise<string | null>> = {
  async create(email) {
    const { status, body } = await server.api<{ email: string }>('POST', '/api/v2/users', {
      connection: 'store',
      email,
      verify_email: false,
    });
    return status === 201 ? body.email : null;
  },
  async patch(email) {
    const made = await server.api<{ user_id: string }>('POST', '/api/v2/users', {
      connection: 'store',
      email: `patched-${count++}@x.test`,
      verify_email: false,
    });
    const path = `/api/v2/users/${encodeURIComponent(made.body.user_id)}`;
    const { status, body } = await server.api<{ email: string }>('PATCH', path, { email });
    return status === 200 ? body.email : null;
  },
  async invite(email) {
    const { body } = await server.api<{ summary: { invited: number } }>(
      'POST',
      '/api/v2/invitations',
      { recipients: [email], client_id: clientId, connection_id: connectionId },
    );
    return body.summary.invited === 1 ? found(email) : null;
  },
  async 'sign-up by the API'(email) {
    const response = await post('/dbconnections/signup', {
      client_id: clientId,
      connection: 'store',
      email,
      password: aPassword(),
    });
    const body = (await response.json()) as { email: string };
    return response.status === 200 ? body.email : null;
  },
  async 'sign-up on the page'(email) {
    const browser = plainBrowser();
    const url = new URL(`${server.url}/authorize`);
    url.search = new URLSearchParams({
      client_id: clientId,
      response_type: 'code',
      redirect_uri: 'https://app.test/callback',
      scope: 'openid',
      connection: 'store',
      screen_hint: 'signup',
    }).toString();
    const page = await follow(browser, url.href);
    const answer = await browser.submit(page, { email, password: aPassword() });
    return answer.status === 303 ? found(email) : null;
  },
  async passwordless(email) {
    const response = await post('/passwordless/start', {
      client_id: clientId,
      client_secret: secret,
      connection: 'email',
      email,
      send: 'code',
    });
    const body = (await response.json()) as { email: string };
    return response.status === 200 ? body.email : null;
  },
  async 'organization invitation'(email) {
    const { status, body } = await server.api<{ invitee: { email: string } }>(
      'POST',
      `/api/v2/organizations/${organizationId}/invitations`,
      {
        inviter: { name: 'Grace' },
        invitee: { email },
        client_id: clientId,
        send_invitation_email: false,
      },
    );
    return status === 200 || status === 201 ? body.invitee.email : null;
  },
};

/** Uploads all of them in one file. */
async function kept(emails: string[]): Promise<(string | null)[]> {
  const form = new FormData();
  form.set('connection_id', connectionId);
  form.set('users', new Blob([JSON.stringify(emails.map((email) => ({ email })))]), 'users.json');
  const job = await server.api<{ id: string }>('POST', '/api/v2/jobs/users-imports', form);
  await finishedJob(server, job.body.id);
  const { body } = await server.api<{ row_number: number }[] | ''>(
    'GET',
    `/api/v2/jobs/${job.body.id}/errors`,
  );
  const refused = new Set(body === '' ? [] : body.map((each) => each.row_number));
  return atOnce(emails.length, async (index) =>
    refused.has(index + 1) ? null : found(emails[index] ?? ''),
  );
}

/** Returns the address of the one user that the typed text finds. */
async function found(typed: string): Promise<string | null> {
  const query = new URLSearchParams({ email: typed });
  const { body } = await server.api<{ email: string }[]>('GET', `/api/v2/users-by-email?${query}`);
  return body.length === 1 ? (body[0]?.email ?? null) : `${body.length} users`;
}

async function follow(browser: PlainBrowser, from: string): Promise<string> {
  for (let url = from; ; ) {
    const response = await browser.open(url);
    const location = response.headers.get('location');
    if (location === null) return url;
    url = new URL(location, url).href;
  }
}

const wantedFor = (door: string) =>
  INPUTS.map(([typed, canonical], index) => {
    const name = `${door}${index}`;
    return [typed.replaceAll('*', name), canonical?.replaceAll('*', name) ?? null] as const;
  });

test.each(Object.keys(DOORS))('through %s', async (door) => {
  const wanted = wantedFor(String.fromCharCode(97 + Object.keys(DOORS).indexOf(door)));
  const given: (readonly [string, string | null])[] = [];
  for (const [typed] of wanted) given.push([typed, (await DOORS[door]?.(typed)) ?? null]);
  expect(given).toEqual(wanted);
});

test('through an import', async () => {
  const wanted = wantedFor('i');
  const typed = wanted.map(([one]) => one);
  expect(await kept(typed)).toEqual(wanted.map(([, one]) => one));
});

test('a user has one account, however the address is written, and logs in with each spelling', async () => {
  const password = aPassword();
  const forms = [
    'Zoë@Bücher.test',
    ' zoe\u0308@bücher.test',
    'ZOE\u0308@XN--BCHER-KVA.TEST ',
    `${' '.repeat(330)}zoë@xn--bcher-kva.test`,
  ];
  const made = await server.api('POST', '/api/v2/users', {
    connection: 'store',
    email: forms[0],
    password,
  });
  expect(made).toMatchObject({ status: 201, body: { email: 'zoë@xn--bcher-kva.test' } });
  for (const email of forms) {
    const again = await server.api('POST', '/api/v2/users', { connection: 'store', email });
    expect([again.status, await found(email)]).toEqual([409, 'zoë@xn--bcher-kva.test']);
    const login = await post('/oauth/token', {
      grant_type: 'http://auth0.com/oauth/grant-type/password-realm',
      client_id: clientId,
      client_secret: secret,
      realm: 'store',
      username: email,
      password,
    });
    expect(login.status).toBe(200);
    const search = new URLSearchParams({ q: `email:"${email.trim()}"` });
    const hits = await server.api<object[]>('GET', `/api/v2/users?${search}`);
    expect(hits.body).toHaveLength(1);
  }
});
