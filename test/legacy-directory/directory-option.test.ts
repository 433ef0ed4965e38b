import { sql } from 'kysely';
import { beforeAll, expect, test } from 'vitest';
import { openWorld, type World } from '../harness/world.ts';

let world: World;
let serial = 0;
beforeAll(async () => {
  world = await openWorld();
});

type Wire = { id: string; options: { directory: Record<string, unknown> }; message?: string };

const SQL = {
  type: 'sql',
  dialect: 'postgres',
  ...{ host: 'db.old.test', database: 'old', user: 'reader', password: 'database-secret' },
  queries: { get_user: 'select * from people where mail = :identifier' },
  columns: { user_id: 'id', email: 'mail' },
  password_hash: { column: 'hash' },
};
const HTTP = {
  type: 'http',
  endpoints: { login: 'https://old.test/login', get_user: 'https://old.test/user' },
  authentication: { type: 'client_credentials', client_id: 'usher', client_secret: 'api-secret' },
};
const LDAP = {
  type: 'ldap',
  ...{
    host: 'ldap.old.test',
    base_dn: 'dc=old',
    bind_dn: 'cn=reader',
    bind_password: 'bind-secret',
  },
  ...{ filter: '(mail={identifier})', attributes: { user_id: 'uid', email: 'mail' } },
};

const options = (directory: object) => ({
  enabledDatabaseCustomization: true,
  import_mode: true,
  directory,
});

function create(directory: object) {
  return world.server.api<Wire>('POST', '/api/v2/connections', {
    name: `old-${++serial}`,
    strategy: 'auth0',
    options: options(directory),
  });
}

const change = (id: string, directory: object) =>
  world.server.api<Wire>('PATCH', `/api/v2/connections/${id}`, { options: options(directory) });

test.each([
  ['sql', SQL, 'database-secret'],
  ['http', HTTP, 'api-secret'],
  ['ldap', LDAP, 'bind-secret'],
])('a directory of type %s is stored, and its secret is neither shown nor readable', async (type, directory, secret) => {
  const created = await create(directory);
  expect(created).toMatchObject({ status: 201, body: { options: { directory: { type } } } });
  const shown = await world.server.api<Wire>('GET', `/api/v2/connections/${created.body.id}`);
  expect(`${created.text}${shown.text}`).not.toContain('secret"');
  expect(`${created.text}${shown.text}`).not.toContain('sealed');
  const { rows } = await sql<{ text: string }>`
    select options::text as text from connections where id = ${created.body.id}`.execute(world.db);
  expect(rows[0]?.text).toContain('sealed');
  expect(rows[0]?.text).not.toContain(secret);
});

test('an update without the secret keeps it, but not for another server', async () => {
  const { body } = await create(SQL);
  const { password: _, ...without } = SQL;
  expect(await change(body.id, { ...without, user: 'other' })).toMatchObject({ status: 200 });
  const { rows } = await sql<{ has: boolean }>`
    select options->'directory' ? 'password' as has from connections where id = ${body.id}`.execute(
    world.db,
  );
  expect(rows[0]?.has).toBe(true);
  expect(await change(body.id, { ...without, host: 'attacker.test' })).toMatchObject({
    status: 400,
    body: { message: expect.stringContaining('Give the secrets') },
  });
});

test.each([
  ['an unknown type', { type: 'ftp' }],
  ['an unknown field', { ...SQL, tables: [] }],
  ['two statements', { ...SQL, queries: { get_user: 'select 1; drop table people' } }],
  ['an unknown parameter', { ...SQL, queries: { get_user: 'select :password' } }],
  ['no get_user', { ...SQL, queries: { count: 'select 1' } }],
  ['no user_id', { ...SQL, columns: { email: 'mail' } }],
  ['SQL Server', { ...SQL, dialect: 'mssql' }],
  ['a filter without a name', { ...LDAP, filter: '(objectClass=person)' }],
  ['both filter and template', { ...LDAP, dn_template: 'uid={identifier}' }],
  ['no login', { ...HTTP, endpoints: { get_user: 'https://old.test' } }],
  ['no URL', { ...HTTP, endpoints: { ...HTTP.endpoints, login: 'file:///etc/passwd' } }],
])('a directory with %s is refused', async (_what, directory) => {
  expect(await create(directory)).toMatchObject({ status: 400 });
});
