import { type Generated, type Selectable, sql } from 'kysely';
import type { Db } from '../../platform/db/db.ts';
import { noteVersion } from '../../platform/request-context/request-context.ts';

export type UsersTable = {
  id: string;
  connection_id: string;
  email: string | null;
  email_verified: Generated<boolean>;
  username: string | null;
  phone_number: string | null;
  phone_verified: boolean | null;
  name: string | null;
  given_name: string | null;
  family_name: string | null;
  nickname: string | null;
  picture: string | null;
  blocked: boolean | null;
  app_metadata: unknown;
  user_metadata: unknown;
  mfa_factors: unknown;
  last_ip: string | null;
  last_login: Date | null;
  logins_count: Generated<number>;
  last_password_reset: Date | null;
  import_job_id: string | null;
  /** Data of a sign-up whose address is not proved yet; `null` for all others. */
  unproven: unknown;
  /** The user to whom this identity is linked. Such a row is hidden and no user of its own. */
  linked_to: string | null;
  linked_at: Date | null;
  created_at: Date;
  updated_at: Date;
};

export const on = (db: Db) => db.withTables<{ users: UsersTable }>();

/** Selects users, without linked identities. */
export const users = (db: Db) => on(db).selectFrom('users').where('linked_to', 'is', null);

/**
 * Selects users and linked identities, to be converted one at a time with {@link toNoted}. Authentication reads them first and is bound to
 * the login epoch that was read.
 */
export const withEpoch = (db: Db) =>
  on(db)
    .selectFrom('users')
    .selectAll()
    .select(sql<number>`login_epoch(coalesce(linked_to, id))`.as('login_epoch'));

/** Converts a row and binds this request's writes for the person to its login epoch: they are valid until the sessions are next ended. */
export function toNoted(row: Selectable<UsersTable> & { login_epoch: number }): User {
  noteVersion(row.linked_to ?? row.id, row.login_epoch);
  return toUser(row);
}

/** A user of one connection. */
export type User = {
  /** `auth0|…` */
  id: string;
  connectionId: string;
  /** Lower case. */
  email: string | null;
  emailVerified: boolean;
  username: string | null;
  phoneNumber: string | null;
  phoneVerified: boolean | null;
  name: string | null;
  givenName: string | null;
  familyName: string | null;
  nickname: string | null;
  /** `null` if none was given. The API then shows a default derived from the email address. */
  picture: string | null;
  blocked: boolean | null;
  appMetadata: Record<string, unknown> | null;
  userMetadata: Record<string, unknown> | null;
  lastIp: string | null;
  lastLogin: Date | null;
  loginsCount: number;
  lastPasswordReset: Date | null;
  /** Whether the account comes from a sign-up whose address is not proved yet: a stranger may have created it. */
  isUnproven: boolean;
  /** The user whose identity this is, or `null` for a user. */
  linkedTo: string | null;
  createdAt: Date;
  updatedAt: Date;
};

export function toUser(row: Selectable<UsersTable>): User {
  return {
    id: row.id,
    connectionId: row.connection_id,
    email: row.email,
    emailVerified: row.email_verified,
    username: row.username,
    phoneNumber: row.phone_number,
    phoneVerified: row.phone_verified,
    name: row.name,
    givenName: row.given_name,
    familyName: row.family_name,
    nickname: row.nickname,
    picture: row.picture,
    blocked: row.blocked,
    appMetadata: asRecord(row.app_metadata),
    userMetadata: asRecord(row.user_metadata),
    lastIp: row.last_ip,
    lastLogin: row.last_login,
    loginsCount: row.logins_count,
    lastPasswordReset: row.last_password_reset,
    isUnproven: row.unproven !== null,
    linkedTo: row.linked_to,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

function asRecord(value: unknown): Record<string, unknown> | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value))
    : null;
}
