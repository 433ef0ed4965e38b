import { sql } from 'kysely';
import { beforeAll, expect, test } from 'vitest';
import { keepConsole } from '../../src/flows/appoint-administrators/appoint-administrators.ts';
import { DEFAULT_CONNECTION, startServer, type TestServer } from '../harness/harness.ts';
import { ADMINISTRATORS, signIn } from './administrator.ts';

const PASSWORD = 'Tulip-Canal-77';
const NAME = '0024-administrators.sql';

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
}, 120_000);

async function person(email: string, password: string | undefined = PASSWORD): Promise<string> {
  const made = await server.api<{ user_id: string }>('POST', '/api/v2/users', {
    connection: DEFAULT_CONNECTION,
    email,
    verify_email: false,
    ...(password !== undefined && { password }),
  });
  return made.body.user_id;
}

test('administrators of an older version move with their passwords, and ordinary accounts of theirs lose the right', async () => {
  const { db } = server.app.deps;
  const only = await person('only@example.com');
  const also = await person('also@example.com');
  const ordinary = await person('ordinary@example.com');
  const organization = await server.api<{ id: string }>('POST', '/api/v2/organizations', {
    name: 'acme',
  });
  await server.api('POST', `/api/v2/organizations/${organization.body.id}/members`, {
    members: [also],
  });

  // The format of the previous version.
  await sql`alter table users drop constraint users_administrators_apart, drop constraint users_administrators_unlinked`.execute(
    db,
  );
  await sql`drop table administrators`.execute(db);
  await sql`delete from connections where id = ${ADMINISTRATORS.id}`.execute(db);
  await sql`delete from migrations where name = ${NAME}`.execute(db);
  await sql`update users set app_metadata = '{"usher":{"administrator":true}}' where id in (${only}, ${also})`.execute(
    db,
  );
  await sql`update users set app_metadata = app_metadata || '{"plan":"gold"}' where id = ${also}`.execute(
    db,
  );
  await sql`insert into clients (id, name, settings) values ('usher-console', 'Usher console', '{}')`.execute(
    db,
  );
  await sql`insert into connection_clients (connection_id, client_id)
    select id, 'usher-console' from connections where name = ${DEFAULT_CONNECTION}`.execute(db);
  await sql`insert into client_grants (id, client_id, audience) values ('cgr_added', 'usher-console', 'https://api.test')`.execute(
    db,
  );
  await sql`insert into authentication_methods (id, user_id, kind, confirmed, phone_number, created_at)
    values ('dev_phone', ${only}, 'phone', true, '+31612345678', now())`.execute(db);

  expect(await server.app.database.migrate()).toEqual([NAME]);

  const { rows } = await sql`
    select u.email, u.connection_id = ${ADMINISTRATORS.id} as apart, u.app_metadata, a.role,
      (select count(*)::int from authentication_methods m where m.user_id = u.id) as factors
    from users u left join administrators a on a.user_id = u.id order by u.email, u.id like 'usher|%'`.execute(
    db,
  );
  const moved = { apart: true, app_metadata: null, role: 'owner', factors: 0 };
  const stayed = { apart: false, app_metadata: null, role: null, factors: 0 };
  expect(rows).toEqual([
    { ...stayed, email: 'also@example.com', app_metadata: { plan: 'gold' } },
    { ...moved, email: 'also@example.com' },
    { ...moved, email: 'only@example.com', factors: 1 },
    { ...stayed, email: 'ordinary@example.com' },
  ]);
  const left =
    await sql`select connection_id from connection_clients where client_id = 'usher-console'`.execute(
      db,
    );
  expect(left.rows).toEqual([{ connection_id: ADMINISTRATORS.id }]);
  expect(
    (await sql`select id from client_grants where client_id = 'usher-console'`.execute(db)).rows,
  ).toEqual([]);
  expect((await server.api('GET', `/api/v2/users/${encodeURIComponent(ordinary)}`)).status).toBe(
    200,
  );

  // The factor is only test data: nobody can answer a text here.
  await sql`delete from authentication_methods`.execute(db);
  await keepConsole(server.app.deps);
  expect((await signIn(server, 'also@example.com', PASSWORD)).at).toBe(`${server.url}/console`);
  expect((await signIn(server, 'ordinary@example.com', PASSWORD)).page).toContain('role="alert"');
});
