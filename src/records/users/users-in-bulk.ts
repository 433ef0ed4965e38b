import { type RawBuilder, sql } from 'kysely';
import { isMadeUp } from '../../platform/avatar/avatar.ts';
import type { Db } from '../../platform/db/db.ts';
import type { BulkInput, BulkUser, NewBulkUser } from './bulk-user.ts';
import { type Changes, findKnownUsers, type KnownUser } from './known-in-bulk.ts';
import { shownName } from './shown-profile.ts';
import { namesOf, type Owner, releaseNamesOf, withoutTheirNames } from './user-identifiers.ts';

type Column = {
  name: string;
  type: 'text' | 'boolean' | 'jsonb';
  value: (user: BulkUser) => unknown;
};

const OPTIONAL: Column[] = [
  { name: 'email_verified', type: 'boolean', value: (u) => u.emailVerified },
  { name: 'username', type: 'text', value: (u) => u.username },
  { name: 'phone_number', type: 'text', value: (u) => u.phoneNumber },
  { name: 'phone_verified', type: 'boolean', value: (u) => u.phoneVerified },
  { name: 'name', type: 'text', value: (u) => u.name },
  { name: 'given_name', type: 'text', value: (u) => u.givenName },
  { name: 'family_name', type: 'text', value: (u) => u.familyName },
  { name: 'nickname', type: 'text', value: (u) => u.nickname },
  { name: 'picture', type: 'text', value: (u) => u.picture },
  { name: 'blocked', type: 'boolean', value: (u) => u.blocked },
  { name: 'app_metadata', type: 'jsonb', value: (u) => asJson(u.appMetadata) },
  { name: 'user_metadata', type: 'jsonb', value: (u) => asJson(u.userMetadata) },
  { name: 'mfa_factors', type: 'jsonb', value: (u) => asJson(u.mfaFactors) },
];

function asJson(value: object | undefined): string | undefined {
  return value === undefined ? undefined : JSON.stringify(value);
}

/** Returns the columns that occur in these rows: a thousand nulls cost as much as a thousand values. */
function present(users: BulkUser[], columns: Column[]) {
  return columns.flatMap((column) => {
    const values = users.map((user) => column.value(user) ?? null);
    return values.some((value) => value !== null) ? [{ ...column, values }] : [];
  });
}

const array = (values: unknown[], type: string): RawBuilder<unknown> =>
  sql`${values}::${sql.raw(type === 'jsonb' ? 'text' : type)}[]`;

/**
 * Inserts users in one statement. Returns the ids of the new ones. The others conflict with an existing user on the id, or on an identifier
 * of any kind: email address, username or phone number. Identifiers and ids are in canonical form.
 */
export async function insertUsersInBulk(
  tx: Db,
  input: BulkInput & { users: NewBulkUser[] },
): Promise<Set<string>> {
  const users = input.users.map(withoutMadeUpPicture);
  if (users.length === 0) return new Set();
  const columns = present(
    users,
    OPTIONAL.filter((column) => column.name !== 'name' && column.name !== 'nickname'),
  );
  const has = (name: string) => columns.some((column) => column.name === name);
  const names = users.map((user) => user.name ?? user.email);
  const nicknames = users.map(
    (user) => user.nickname ?? user.email.slice(0, user.email.indexOf('@')),
  );
  const select = columns.map((column) =>
    column.name === 'email_verified'
      ? sql`coalesce(email_verified, false)`
      : column.type === 'jsonb'
        ? sql`${sql.ref(column.name)}::jsonb`
        : sql.ref(column.name),
  );
  const { rows } = await sql<{ id: string; held: number }>`
    with added as (insert into users (connection_id, import_job_id, created_at, updated_at, id, email, name, nickname
      ${sql.join(
        columns.map((column) => sql`, ${sql.ref(column.name)}`),
        sql``,
      )})
    select ${input.connectionId}, ${input.jobId}, ${input.now}::timestamptz, ${input.now}::timestamptz, id, email, name, nickname
      ${sql.join(
        select.map((rawBuilder) => sql`, ${rawBuilder}`),
        sql``,
      )}
    from unnest(${array(
      users.map((user) => user.id),
      'text',
    )}, ${array(
      users.map((user) => user.email),
      'text',
    )},
      ${array(names, 'text')}, ${array(nicknames, 'text')}
      ${sql.join(
        columns.map((column) => sql`, ${array(column.values, column.type)}`),
        sql``,
      )})
      as v (id, email, name, nickname ${sql.join(
        columns.map((column) => sql`, ${sql.ref(column.name)}`),
        sql``,
      )})
    on conflict do nothing
    returning id, connection_id, email, username, phone_number),
    held as (insert into user_identifiers (identifier, connection_id, user_id)
      select email, connection_id, id from added
      ${has('username') ? sql`union all select username, connection_id, id from added where username <> email` : sql``}
      ${has('phone_number') ? sql`union all select phone_number, connection_id, id from added where phone_number <> coalesce(username, '')` : sql``}
      on conflict do nothing returning user_id)
    select id, (select count(*)::integer from held) as held from added`.execute(tx);
  const ids = new Set(rows.map((row) => row.id));
  const added = users
    .filter((user) => ids.has(user.id))
    .map((user) => ownerOf(user, input.connectionId));
  const wanted = added.reduce((sum, owner) => sum + namesOf(owner).length, 0);
  if ((rows[0]?.held ?? 0) === wanted) return ids;
  // The indexes of the users table miss an identifier that another user has as another kind.
  const wrong = await withoutTheirNames(tx, added);
  await sql`delete from users where id = any(${wrong.map((owner) => owner.id)}::text[])`.execute(
    tx,
  );
  await releaseNamesOf(tx, wrong);
  for (const { id } of wrong) ids.delete(id);
  return ids;
}

/** A default picture says nothing about the person, so it is not stored. */
function withoutMadeUpPicture(user: NewBulkUser): NewBulkUser {
  if (user.picture === undefined) return user;
  const { id, email, name = null, username = null, phoneNumber = null } = user;
  const shown = shownName({ email, name, username, phoneNumber });
  const person = { id, email, name: shown, picture: user.picture };
  return isMadeUp(person) ? { ...user, picture: undefined } : user;
}

function ownerOf(user: NewBulkUser, connectionId: string): Owner {
  return {
    id: user.id,
    connection_id: connectionId,
    email: user.email,
    username: user.username ?? null,
    phone_number: user.phoneNumber ?? null,
  };
}

/**
 * Writes the differences into existing users (see {@link findKnownUsers}). A user without differences keeps `updated_at`. It skips users
 * that this import has already written, because a second row for a person is an error and never an update. It also skips linked identities.
 */
export async function updateUsersInBulk(
  tx: Db,
  input: BulkInput,
): Promise<Map<BulkUser, KnownUser>> {
  const known = await findKnownUsers(tx, { ...input, lock: true });
  const found = [...known.values()].flatMap((knownUser) =>
    knownUser.kind === 'known' ? [knownUser] : [],
  );
  if (found.length === 0) return known;
  const columns = present(
    found.map(({ id, changes }) => ({ id, ...changes })),
    OPTIONAL,
  );
  const names = columns.map(({ name, type }) => ({
    column: sql.ref(name),
    value: sql`v.${sql.ref(name)}${sql.raw(type === 'jsonb' ? '::jsonb' : '')}`,
  }));
  // As in changeUser, an operator's statement proves an address.
  const proving = columns.some(({ name }) => name === 'email_verified')
    ? sql`, unproven = case when v.email_verified then null else users.unproven end`
    : sql``;
  await sql`
    update users set import_job_id = ${input.jobId},
      updated_at = case when v.differs then ${input.now}::timestamptz else users.updated_at end
      ${sql.join(
        names.map(({ column, value }) => sql`, ${column} = coalesce(${value}, users.${column})`),
        sql``,
      )} ${proving}
    from unnest(${array(
      found.map((each) => each.id),
      'text',
    )}, ${array(
      found.map((each) => isChanged(each.changes)),
      'boolean',
    )}
      ${sql.join(
        columns.map((column) => sql`, ${array(column.values, column.type)}`),
        sql``,
      )})
      as v (id, differs ${sql.join(
        names.map(({ column }) => sql`, ${column}`),
        sql``,
      )})
    where users.id = v.id`.execute(tx);
  return known;
}

/** Returns whether an update writes anything. */
export function isChanged(changes: Changes): boolean {
  return Object.values(changes).some((value) => value !== undefined);
}

/** Returns the email addresses of those users who conflict with an existing one, for a dry run. */
export async function findCollisions(
  db: Db,
  input: BulkInput & { users: NewBulkUser[] },
): Promise<Map<string, 'email' | 'other'>> {
  const { users, connectionId } = input;
  const { rows } = await sql<{ email: string; by_email: boolean }>`
    select v.email, bool_or(u.email = v.email) as by_email
    from unnest(${array(
      users.map((user) => user.id),
      'text',
    )}, ${array(
      users.map((user) => user.email),
      'text',
    )},
      ${array(
        users.map((user) => user.username ?? null),
        'text',
      )}, ${array(
        users.map((user) => user.phoneNumber ?? null),
        'text',
      )})
      as v (id, email, username, phone_number)
    join lateral (
      select email from users where email = v.email and connection_id = ${connectionId}
      union all select email from users where id = v.id
      union all select email from users where username = v.username and connection_id = ${connectionId}
      union all select email from users where phone_number = v.phone_number and connection_id = ${connectionId}
      union all select users.email from user_identifiers as held join users on users.id = held.user_id
        where held.identifier in (v.email, v.username, v.phone_number) and held.connection_id = ${connectionId}
    ) as u on true
    group by v.email`.execute(db);
  return new Map(rows.map((row) => [row.email, row.by_email ? 'email' : 'other']));
}
