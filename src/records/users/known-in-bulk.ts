import { isDeepStrictEqual } from 'node:util';
import { type RawBuilder, type Selectable, sql } from 'kysely';
import { isMadeUp } from '../../platform/avatar/avatar.ts';
import type { Db } from '../../platform/db/db.ts';
import type { BulkInput, BulkUser } from './bulk-user.ts';
import { filledMetadata, mergedMetadata } from './merge-metadata.ts';
import { shownName } from './shown-profile.ts';
import type { UsersTable } from './user-row.ts';

/**
 * The existing user of a row. changes: what an update would write. linked: an identity of another user. other: another user has the id.
 * written: this import has written the person before, or two of these rows are the same person.
 */
export type KnownUser =
  | { kind: 'known'; id: string; email: string | null; isBlocked: boolean; changes: Changes }
  | { kind: 'linked' | 'other' | 'written' };

/** Properties that an upsert may write. All others come with the first import only (spec §1.1). */
export type Changes = Pick<
  BulkUser,
  | 'emailVerified'
  | 'name'
  | 'givenName'
  | 'familyName'
  | 'nickname'
  | 'picture'
  | 'appMetadata'
  | 'userMetadata'
>;

type Row = Omit<
  Selectable<UsersTable>,
  | 'phone_verified'
  | 'mfa_factors'
  | 'last_ip'
  | 'last_login'
  | 'logins_count'
  | 'last_password_reset'
  | 'unproven'
  | 'linked_at'
  | 'created_at'
  | 'updated_at'
>;

/**
 * Returns the existing users among these, found by email address, or by id if a row has none. Others are absent.
 * @param input.lock locks them until the transaction ends
 */
export async function findKnownUsers(
  tx: Db,
  input: Omit<BulkInput, 'now'> & { lock: boolean },
): Promise<Map<BulkUser, KnownUser>> {
  const { users, connectionId } = input;
  if (users.length === 0) return new Map();
  const lock = input.lock ? sql`for update` : sql``;
  const emails = users.flatMap((user) => user.email ?? []);
  // Two statements: in a single one the database compares every user with every row.
  const withEmail = await sql<Row>`
    select ${COLUMNS} from users where email = any(${emails}::text[]) and connection_id = ${connectionId}
    order by email ${lock}`.execute(tx);
  const ids = users.flatMap((user) => (user.email === undefined ? user.id : []));
  const withoutEmail = await rowsById(tx, ids, lock);
  const others = users.flatMap((user) => (user.email === undefined ? [] : user.id));
  const named = await rowsById(tx, others, sql``);
  const byEmail = new Map(withEmail.rows.map((row) => [row.email, row]));
  const byId = new Map([...named, ...withoutEmail].map((row) => [row.id, row]));
  const known = new Map<BulkUser, KnownUser>();
  const seen = new Set<string>();
  for (const user of users) {
    const sameId = byId.get(user.id);
    const found = user.email === undefined ? sameId : byEmail.get(user.email);
    if (!found && !sameId) continue;
    const knownUser = judged(user, found, sameId, input);
    // One row may name a person by the email address, another by the id.
    const isTwice = knownUser.kind === 'known' && seen.has(knownUser.id);
    if (knownUser.kind === 'known') seen.add(knownUser.id);
    known.set(user, isTwice ? { kind: 'written' } : knownUser);
  }
  return known;
}

const COLUMNS = sql.raw(
  'id, email, connection_id, email_verified, username, phone_number, name, given_name, family_name, nickname, picture, ' +
    'blocked, app_metadata, user_metadata, linked_to, import_job_id',
);

async function rowsById(tx: Db, ids: string[], lock: RawBuilder<unknown>): Promise<Row[]> {
  if (ids.length === 0) return [];
  const { rows } = await sql<Row>`
    select ${COLUMNS} from users where id = any(${ids}::text[]) order by id ${lock}`.execute(tx);
  return rows;
}

function judged(
  user: BulkUser,
  found: Row | undefined,
  sameId: Row | undefined,
  input: { connectionId: string; jobId: string },
): KnownUser {
  if (!found || found.connection_id !== input.connectionId) return { kind: 'other' };
  if (found.import_job_id === input.jobId) return { kind: 'written' };
  if (found.linked_to !== null) return { kind: 'linked' };
  if (sameId && sameId.id !== found.id) return { kind: 'other' };
  const { id, email, blocked } = found;
  return { kind: 'known', id, email, isBlocked: blocked === true, changes: changesOf(user, found) };
}

/** Returns the differences from the existing user. A derived name or picture is not written. */
function changesOf(user: BulkUser, row: Row): Changes {
  const { id, email, username, phone_number: phoneNumber } = row;
  const name = shownName({ name: row.name, email, username, phoneNumber });
  const isPictureTheirs = !isMadeUp({ id, email, name, picture: user.picture ?? null });
  if (user.gapsOnly) return gapsOf(user, row, isPictureTheirs);
  const { partial = [] } = user;
  const appMetadata = partial.includes('app_metadata')
    ? user.appMetadata && mergedMetadata(row.app_metadata, user.appMetadata)
    : user.appMetadata;
  const userMetadata = partial.includes('user_metadata')
    ? user.userMetadata && mergedMetadata(row.user_metadata, user.userMetadata)
    : user.userMetadata;
  return {
    emailVerified: unless(row.email_verified, user.emailVerified),
    name: unless(name, user.name),
    givenName: unless(row.given_name, user.givenName),
    familyName: unless(row.family_name, user.familyName),
    nickname: unless(row.nickname, user.nickname),
    picture: isPictureTheirs ? unless(row.picture, user.picture) : undefined,
    appMetadata: unless(row.app_metadata, appMetadata),
    userMetadata: unless(row.user_metadata, userMetadata),
  };
}

/** Returns what the existing user lacks. A name that was derived from an identifier is a gap too. */
function gapsOf(user: BulkUser, row: Row, isPictureTheirs: boolean): Changes {
  const { email, username, nickname } = row;
  const isNameDerived = row.name === null || row.name === email || row.name === username;
  const isNicknameDerived =
    nickname === null || nickname === email?.split('@')[0] || nickname === username;
  const { appMetadata: app, userMetadata: own } = user;
  return {
    emailVerified: user.emailVerified ? unless(row.email_verified, true) : undefined,
    name: isNameDerived ? unless(row.name, user.name) : undefined,
    givenName: row.given_name === null ? user.givenName : undefined,
    familyName: row.family_name === null ? user.familyName : undefined,
    nickname: isNicknameDerived ? unless(nickname, user.nickname) : undefined,
    picture: row.picture === null && isPictureTheirs ? user.picture : undefined,
    appMetadata: unless(row.app_metadata, app && filledMetadata(row.app_metadata, app)),
    userMetadata: unless(row.user_metadata, own && filledMetadata(row.user_metadata, own)),
  };
}

function unless<T>(there: unknown, value: T | undefined): T | undefined {
  if (value === undefined) return undefined;
  // Compared as JSON, the stored form: -0 is 0, and objects from paths have no prototype.
  const isSame =
    typeof value === 'object'
      ? isDeepStrictEqual(JSON.parse(JSON.stringify(value)), there)
      : value === there;
  return isSame ? undefined : value;
}
