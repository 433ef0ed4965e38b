import type { ColumnType, Selectable } from 'kysely';
import type { Db } from '../../platform/db/db.ts';

/** What the provider says of a person. `null`: it does not say. */
export type ProvidedProfile = {
  email: string | null;
  /** By the provider's own rule. */
  emailVerified: boolean;
  name: string | null;
  givenName: string | null;
  familyName: string | null;
  nickname: string | null;
  picture: string | null;
  username: string | null;
};

/** The key of an account at a provider. An address is never part of it. */
export type ProvidedKey = { connectionId: string; issuer: string; subject: string };

/** An account at a provider. */
export type ProvidedRecord = ProvidedKey & {
  /** The user, or linked identity, that it logs in. */
  userId: string;
  profile: ProvidedProfile;
  /** Whether the provider's word about the profile's address may stand for a mail to it (docs/decisions/0038). */
  isAuthoritative: boolean;
};

type Table = {
  user_id: string;
  connection_id: string;
  issuer: string;
  subject: string;
  profile: ColumnType<ProvidedProfile, string, string>;
  is_authoritative: boolean;
  created_at: Date;
  updated_at: Date;
};

const on = (db: Db) => db.withTables<{ provided_identities: Table }>();

const LONGEST_ISSUER = 1000;
const LONGEST_SUBJECT = 500;

/** Returns whether a key can be stored. OpenID Connect limits a subject to 255 characters. */
export function isStorableKey({ issuer, subject }: ProvidedKey): boolean {
  const fits = (text: string, longest: number) =>
    text !== '' && text.length <= longest && !text.includes('\0') && text.isWellFormed();
  return fits(issuer, LONGEST_ISSUER) && fits(subject, LONGEST_SUBJECT);
}

/** Returns the record of a key, or `null`. */
export async function findProvided(db: Db, key: ProvidedKey): Promise<ProvidedRecord | null> {
  if (!isStorableKey(key)) return null;
  const row = await on(db)
    .selectFrom('provided_identities')
    .selectAll()
    .where('subject', '=', key.subject)
    .where('connection_id', '=', key.connectionId)
    .where('issuer', '=', key.issuer)
    .executeTakeFirst();
  return row ? toRecord(row) : null;
}

/** Returns those of the users and identities that come from a provider, by id. */
export async function providedAmong(db: Db, ids: string[]): Promise<Map<string, ProvidedRecord>> {
  if (ids.length === 0) return new Map();
  const rows = await on(db)
    .selectFrom('provided_identities')
    .selectAll()
    .where('user_id', 'in', ids)
    .execute();
  return new Map(rows.map((row) => [row.user_id, toRecord(row)]));
}

/** Inserts a record. Returns false if the key, or the user, has one already. */
export async function insertProvided(tx: Db, record: ProvidedRecord, at: Date): Promise<boolean> {
  const result = await on(tx)
    .insertInto('provided_identities')
    .values({
      user_id: record.userId,
      connection_id: record.connectionId,
      issuer: record.issuer,
      subject: record.subject,
      profile: JSON.stringify(record.profile),
      is_authoritative: record.isAuthoritative,
      created_at: at,
      updated_at: at,
    })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  return result.numInsertedOrUpdatedRows === 1n;
}

/** Replaces the identity's own copy of what the provider says. */
export async function updateProvided(
  tx: Db,
  change: Pick<ProvidedRecord, 'userId' | 'profile' | 'isAuthoritative'> & { at: Date },
): Promise<void> {
  const { userId, profile, isAuthoritative, at } = change;
  await on(tx)
    .updateTable('provided_identities')
    .set({
      profile: JSON.stringify(profile),
      is_authoritative: isAuthoritative,
      updated_at: at,
    })
    .where('user_id', '=', userId)
    .execute();
}

function toRecord(row: Selectable<Table>): ProvidedRecord {
  return {
    userId: row.user_id,
    connectionId: row.connection_id,
    issuer: row.issuer,
    subject: row.subject,
    profile: row.profile,
    isAuthoritative: row.is_authoritative,
  };
}
