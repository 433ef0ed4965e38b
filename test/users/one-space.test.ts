import { beforeAll, expect, test } from 'vitest';
import { aPassword } from '../harness/factories.ts';
import { startServer, type TestServer } from '../harness/harness.ts';
import { finishedJob } from '../harness/imports.ts';

const active = { identifier: { active: true }, signup: { status: 'optional' } };
// Usernames here may look like anything, so one user's login name could be another user's name of another kind.
const anything = {
  attributes: {
    email: active,
    phone_number: active,
    username: {
      ...active,
      validation: {
        min_length: 1,
        max_length: 60,
        allowed_types: { email: true, phone_number: true },
      },
    },
  },
};

let server: TestServer;
let clientId: string;
let secret: string;
let storeId: string;
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
      grant_types: ['authorization_code', 'http://auth0.com/oauth/grant-type/password-realm'],
    },
  );
  ({ client_id: clientId, client_secret: secret } = client.body);
  const store = await server.api<{ id: string }>('POST', '/api/v2/connections', {
    name: 'anything',
    strategy: 'auth0',
    options: anything,
    enabled_clients: [clientId],
  });
  storeId = store.body.id;
});

type Fields = { email?: string; username?: string; phone_number?: string };

const create = (fields: Fields & { password?: string }, connection = 'anything') =>
  server.api<{ user_id: string; message?: string }>('POST', '/api/v2/users', {
    connection,
    ...fields,
  });

/** Returns whether a user has the names now. */
const DOORS: Record<string, (fields: Fields) => Promise<boolean>> = {
  create: async (fields) => (await create(fields)).status === 201,
  async patch(fields) {
    const made = await create({ username: `patched${count++}` });
    const path = `/api/v2/users/${encodeURIComponent(made.body.user_id)}`;
    return (await server.api('PATCH', path, fields)).status === 200;
  },
  async 'sign-up'(fields) {
    const response = await fetch(`${server.url}/dbconnections/signup`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        client_id: clientId,
        connection: 'anything',
        password: aPassword(),
        ...fields,
      }),
    });
    return response.status === 200;
  },
  async import(fields) {
    return (await imported([{ email: `imported${count++}@x.test`, ...fields }]))[0] === undefined;
  },
  async 'import with upsert'(fields) {
    const rows = [{ email: `imported${count++}@x.test`, ...fields }];
    return (await imported(rows, { upsert: 'true' }))[0] === undefined;
  },
};

/** The codes of the first error of each row that was refused. */
async function imported(rows: object[], fields: Record<string, string> = {}, store = storeId) {
  const form = new FormData();
  form.set('connection_id', store);
  for (const [name, value] of Object.entries(fields)) form.set(name, value);
  form.set('users', new Blob([JSON.stringify(rows)]), 'users.json');
  const job = await server.api<{ id: string }>('POST', '/api/v2/jobs/users-imports', form);
  await finishedJob(server, job.body.id);
  const { body } = await server.api<'' | { errors: { code: string; path?: string }[] }[]>(
    'GET',
    `/api/v2/jobs/${job.body.id}/errors`,
  );
  return body === ''
    ? []
    : body.map(({ errors }) => `${errors[0]?.code} ${errors[0]?.path ?? ''}`.trim());
}

async function logsIn(username: string, password: string): Promise<boolean> {
  const response = await fetch(`${server.url}/oauth/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      grant_type: 'http://auth0.com/oauth/grant-type/password-realm',
      client_id: clientId,
      client_secret: secret,
      realm: 'anything',
      username,
      password,
    }),
  });
  return response.status === 200;
}

// The owner's name, and the same text as another kind of name.
const THEFTS: [string, (n: number) => Fields, (n: number) => Fields][] = [
  [
    'a username as an e-mail',
    (n) => ({ username: `owner${n}@x.test` }),
    (n) => ({ email: `Owner${n}@X.test` }),
  ],
  [
    'an e-mail as a username',
    (n) => ({ email: `owner${n}@x.test` }),
    (n) => ({ username: `OWNER${n}@x.test` }),
  ],
  [
    'a username as a phone number',
    (n) => ({ username: `+49151200${1000 + n}` }),
    (n) => ({ phone_number: `+49151200${1000 + n}` }),
  ],
  [
    'a phone number as a username',
    (n) => ({ phone_number: `+49151200${1000 + n}` }),
    (n) => ({ username: `+490151200${1000 + n}` }),
  ],
];

test.each(
  THEFTS.flatMap(([what, own, stolen]) =>
    Object.keys(DOORS).map((door) => [what, door, own, stolen] as const),
  ),
)('%s cannot be taken by %s, and its owner still logs in', async (_what, door, own, stolen) => {
  const n = count++;
  const password = aPassword();
  expect((await create({ ...own(n), password })).status).toBe(201);
  expect(await DOORS[door]?.(stolen(n))).toBe(false);
  expect(await logsIn(Object.values(own(n))[0] ?? '', password)).toBe(true);
  // The attempt leaves nothing behind.
  expect(await DOORS[door]?.({ username: `free${n}` })).toBe(true);
});

test('a user’s own names may be the same, and are free again after deletion or change', async () => {
  const email = 'me@own.test';
  const both = await create({ email, username: email });
  expect(both.status).toBe(201);
  const path = `/api/v2/users/${encodeURIComponent(both.body.user_id)}`;
  expect((await create({ username: email })).status).toBe(409);
  // The name belongs to the owner while one of the two exists.
  expect((await server.api('PATCH', path, { email: 'other@own.test' })).status).toBe(200);
  expect((await create({ email })).status).toBe(409);
  expect((await server.api('PATCH', path, { username: 'me' })).status).toBe(200);
  const next = await create({ email });
  expect(next.status).toBe(201);
  await server.api('DELETE', `/api/v2/users/${encodeURIComponent(next.body.user_id)}`);
  expect((await create({ username: email })).status).toBe(201);
});

test('a linked identity keeps its names until it is deleted', async () => {
  const main = await create({ email: 'main@linked.test' });
  const second = await create({ email: 'second@linked.test' });
  const path = `/api/v2/users/${encodeURIComponent(main.body.user_id)}`;
  const [, localId = ''] = second.body.user_id.split('|');
  const linked = await server.api('POST', `${path}/identities`, {
    provider: 'auth0',
    user_id: localId,
  });
  expect(linked.status).toBe(201);
  expect((await create({ username: 'second@linked.test' })).status).toBe(409);
  await server.api('DELETE', `${path}/identities/auth0/${localId}`);
  expect((await create({ username: 'second@linked.test' })).status).toBe(409);
  await server.api('DELETE', `/api/v2/users/${encodeURIComponent(second.body.user_id)}`);
  expect((await create({ username: 'second@linked.test' })).status).toBe(201);
});

test('a dry run reports a name that another user has as another kind of name', async () => {
  await create({ username: 'dry@x.test' });
  expect(await imported([{ email: 'dry@x.test' }], { dry_run: 'true' })).toEqual(['CONFLICT']);
  expect(await imported([{ email: 'dry@x.test' }], { dry_run: 'true', upsert: 'true' })).toEqual([
    'CONFLICT',
  ]);
});

test('two rows of one file cannot share a name either', async () => {
  const rows = [
    { email: 'twice1@x.test', username: 'twice2@x.test' },
    { email: 'twice2@x.test' },
    { email: 'twice3@x.test', username: 'twice3@x.test' },
  ];
  expect(await imported(rows)).toEqual(['DUPLICATED_USER']);
});

test('the same names are free in another connection', async () => {
  const other = await server.api('POST', '/api/v2/connections', {
    name: 'elsewhere',
    strategy: 'auth0',
    options: anything,
    enabled_clients: [clientId],
  });
  expect(other.status).toBe(201);
  expect((await create({ username: 'both@x.test' })).status).toBe(201);
  expect((await create({ email: 'both@x.test' }, 'elsewhere')).status).toBe(201);
});

test('an import has the same rules for usernames as the API', async () => {
  const stores: [string, object, [object, string | undefined][]][] = [
    ['without-names', {}, [[{ username: 'ada' }, 'NOT_PASSED username']]],
    [
      'short-names',
      { requires_username: true, validation: { username: { min: 3, max: 8 } } },
      [
        [{ username: 'ada' }, undefined],
        [{ username: 'ab' }, 'MIN_LENGTH username'],
        [{ username: 'much-too-long' }, 'MAX_LENGTH username'],
        [{ username: 'a@b' }, 'FORMAT username'],
        [{ username: '+4915112' }, 'FORMAT username'],
        [{ username: '00491511' }, 'FORMAT username'],
        [{ username: 'a b' }, 'PATTERN username'],
      ],
    ],
    [
      'needed-names',
      {
        attributes: {
          email: active,
          username: { ...active, profile_required: true, signup: { status: 'required' } },
          phone_number: { ...active, profile_required: true, signup: { status: 'required' } },
        },
      },
      [
        [{ username: 'ada' }, 'OBJECT_REQUIRED phone_number'],
        [{ phone_number: '+491512345678' }, 'OBJECT_REQUIRED username'],
        [{ username: 'ada', phone_number: '+491512345678' }, undefined],
      ],
    ],
  ];
  for (const [name, options, rows] of stores) {
    const store = await server.api<{ id: string }>('POST', '/api/v2/connections', {
      name,
      strategy: 'auth0',
      options,
      enabled_clients: [clientId],
    });
    for (const [fields, refusal] of rows) {
      const email = `rules${count++}@x.test`;
      const refused = await imported([{ email, ...fields }], {}, store.body.id);
      expect([fields, refused[0]]).toEqual([fields, refusal]);
      if (refusal !== undefined)
        expect((await create({ email, ...fields }, name)).status).toBe(400);
    }
  }
});
