import { beforeAll, beforeEach, expect, test } from 'vitest';
import { aPassword } from '../harness/factories.ts';
import { DEFAULT_CONNECTION } from '../harness/harness.ts';
import { type ApiClient, openWorld, type World } from '../harness/world.ts';
import { REALM } from './legacy-world.ts';

/** Login scripts in the form of Auth0's templates, run by the sandbox, in both modes (spec 7.1, 7.2, 7.4 of the wire). */

let world: World;
let client: ApiClient;
beforeAll(async () => {
  world = await openWorld();
  client = await world.registerClient({ grant_types: ['password', REALM] });
});
beforeEach(() => world.server.app.deps.directories.guarded.clear());

const profile = `{ user_id: name.split('@')[0], email: name, email_verified: true, metadata: { plan: 'gold' } }`;

const TABLE = [
  { outcome: 'finds the user', body: `callback(null, ${profile});`, status: 200, log: 'sepft' },
  {
    outcome: 'returns a promise of the user',
    body: `return Promise.resolve(${profile});`,
    ...{ status: 200, log: 'sepft' },
  },
  { outcome: 'finds nobody', body: 'callback(null);', status: 403, log: 'fu' },
  {
    outcome: 'finds a wrong password',
    body: "callback(new WrongUsernameOrPasswordError(name, 'No.'));",
    ...{ status: 403, log: 'fp' },
  },
  {
    outcome: 'has a message for the person',
    body: "callback(new UnauthorizedError('Call the office.'));",
    ...{ status: 403, log: 'f' },
  },
  {
    outcome: 'calls back with an error',
    body: "callback(new Error('down'));",
    status: 503,
    log: 'f',
  },
  { outcome: 'throws', body: "throw new Error('bug');", status: 503, log: 'f' },
  {
    outcome: 'gives a huge answer',
    body: "callback(null, { user_id: 'x', name: 'x'.repeat(9e6) });",
    status: 503,
    log: 'f',
  },
  {
    outcome: 'calls back twice',
    body: `callback(null, ${profile}); callback(new Error('again'));`,
    ...{ status: 200, log: 'sepft' },
  },
  {
    outcome: 'throws later',
    body: `callback(null, ${profile}); setTimeout(() => { throw new Error('late'); }, 5);`,
    ...{ status: 200, log: 'sepft' },
  },
  { outcome: 'never calls back', body: '', status: 503, log: 'f' },
];

let serial = 0;

test.each(
  [true, false].flatMap((isImporting) => TABLE.map((row) => ({ isImporting, ...row }))),
)('with import mode $isImporting, a login whose script $outcome answers $status and logs $log', async ({
  isImporting,
  body,
  status,
  log,
}) => {
  const path = `/api/v2/connections/${world.connectionId}`;
  const login = `function login(name, password, callback) { ${body} }`;
  const options = {
    enabledDatabaseCustomization: true,
    import_mode: isImporting,
    customScripts: { login, get_user: 'function getByEmail(email, callback) { callback(null); }' },
  };
  const changed = await world.server.api('PATCH', path, { options });
  expect(changed.text).toContain('customScripts');
  const name = `script-${++serial}@old.test`;
  const entered = await world.token({
    grant_type: REALM,
    realm: DEFAULT_CONNECTION,
    client_id: client.id,
    client_secret: client.secret,
    username: name,
    password: aPassword(),
    scope: 'openid',
  });
  expect(entered.status).toBe(status);
  const q = `user_name:"${name}"`;
  const entries = await world.logs(`${new URLSearchParams({ q, sort: 'date:1' })}`);
  // An outage within a minute of the same is no entry of its own.
  const seen = status === 503 ? await world.logs('q=type:f') : entries;
  expect(seen[0]?.type).toBe(log);
  const { body: users } = await world.server.api<object[]>(
    'GET',
    `/api/v2/users-by-email?email=${name}`,
  );
  const known = { user_id: `auth0|script-${serial}`, app_metadata: { plan: 'gold' } };
  expect(users).toMatchObject(status === 200 ? [known] : []);
});
