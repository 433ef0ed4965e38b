import { sql } from 'kysely';
import { expect, test } from 'vitest';
import {
  canonicalizeUsers,
  findUserByIdentifier,
  insertUser,
  updateUser,
} from '../../src/records/users/users.ts';
import { freshDatabase } from '../harness/harness.ts';

const MIGRATION = '0022-one-space-of-identifiers.sql';

test('a migration gives existing users the one form of names, and nobody loses an account', async () => {
  const database = await freshDatabase();
  const { db } = database;
  const connectionId = 'con_before';
  await database.execute(
    `drop table user_identifiers; drop table users_to_canonicalize; delete from migrations where name = '${MIGRATION}'`,
  );
  const people: [string, string | null, string | null, string | null][] = [
    ['plain', 'plain@x.test', 'plain', null],
    ['nfd', 'zoe\u0308@x.test', null, null],
    ['domain', 'a@bücher.test', null, null],
    ['trunk', null, null, '+4901512345678'],
    ['first', 'é@twice.test', null, null],
    ['second', 'e\u0301@twice.test', null, null],
    ['mail', 'shared@x.test', null, null],
    ['name', 'name@x.test', 'shared@x.test', null],
    ['odd', 'x..y@x.test', null, null],
  ];
  for (const [id, email, username, phone] of people) {
    await sql`insert into users (id, connection_id, email, username, phone_number, updated_at)
      values (${`auth0|${id}`}, ${connectionId}, ${email}, ${username}, ${phone}, '2026-01-01')`.execute(
      db,
    );
  }
  await sql`update users set logins_count = 3, email_verified = true where email is not null`.execute(
    db,
  );
  expect(await database.migrate()).toEqual([MIGRATION]);

  expect((await canonicalizeUsers(db)).sort()).toEqual(['auth0|name']);
  expect(await canonicalizeUsers(db)).toEqual([]);
  const { rows } = await sql<{ id: string; name: string; changed: boolean }>`
    select id, coalesce(email, phone_number) as name, updated_at <> '2026-01-01' as changed from users order by id`.execute(
    db,
  );
  expect(rows.map((row) => [row.id.slice('auth0|'.length), row.name, row.changed])).toEqual([
    ['domain', 'a@xn--bcher-kva.test', false],
    ['first', 'é@twice.test', false],
    ['mail', 'shared@x.test', false],
    ['name', 'name@x.test', false],
    ['nfd', 'zoë@x.test', false],
    ['odd', 'x..y@x.test', false],
    ['plain', 'plain@x.test', false],
    // The later account keeps its former spelling and is found by it.
    ['second', 'e\u0301@twice.test', false],
    ['trunk', '+491512345678', false],
  ]);

  // The address is the same in another form, so its verification stays.
  const doubted = await sql`select id from users where unproven is not null`.execute(db);
  expect(doubted.rows).toEqual([]);

  const whose = async (identifier: string) =>
    (await findUserByIdentifier(db, { connectionId, identifier }))?.id;
  for (const [typed, id] of [
    ['plain', 'plain'],
    ['ZOË@x.test', 'nfd'],
    ['zoe\u0308@x.test', 'nfd'],
    ['a@xn--bcher-kva.test', 'domain'],
    ['+49 151 2345678', 'trunk'],
    ['é@twice.test', 'first'],
    ['e\u0301@twice.test', 'second'],
    ['shared@x.test', 'mail'],
    ['name@x.test', 'name'],
    ['X..Y@x.test', 'odd'],
  ]) {
    expect([typed, await whose(typed ?? '')]).toEqual([typed, `auth0|${id}`]);
  }

  // From now on nobody else can take their names.
  const now = new Date();
  for (const username of ['plain', 'zoë@x.test', '+491512345678', 'shared@x.test']) {
    expect(await insertUser(db, { connectionId, username, now })).toEqual({ kind: 'duplicate' });
  }
  // An account with a shared name can get another one.
  const renamed = await updateUser(db, 'auth0|name', { username: 'unshared' }, now);
  expect(renamed.kind).toBe('updated');
  expect(await whose('unshared')).toBe('auth0|name');
  expect(await whose('shared@x.test')).toBe('auth0|mail');
});
