import { sql } from 'kysely';
import type { Db } from '../../platform/db/db.ts';
import { newId } from '../../platform/ids/ids.ts';
import { notedVersion } from '../../platform/request-context/request-context.ts';
import { type Credential, type VerifiedPasskey, WEBAUTHN_KINDS } from './credential.ts';
import { type AuthenticationMethod, type MethodRow, toMethod } from './method-row.ts';

const MOST_CREDENTIALS = 40;

/** `duplicate`: the credential is registered already, for this user or another. `gone`: the user was deleted, or all logins of the user were ended since the request read them. */
export type StoredPasskey =
  | { kind: 'stored'; method: AuthenticationMethod }
  | { kind: 'duplicate' | 'too_many' | 'gone' };

/**
 * Stores a verified passkey or security key as a method of a user, confirmed. Needs a transaction.
 * @param input.name what the user calls it
 */
export async function storePasskey(
  tx: Db,
  input: { userId: string; passkey: VerifiedPasskey; at: Date; name?: string | null },
): Promise<StoredPasskey> {
  const { userId, passkey, at, name = null } = input;
  // Waits for a proof of the address that is under way: it deletes all methods, and ends the login that registers this one.
  await sql`select id from users where id = ${userId} for no key update`.execute(tx);
  const epoch = notedVersion(userId);
  const details = JSON.stringify(detailsOf(passkey));
  const { rows: inserted } = await sql<MethodRow>`
    insert into authentication_methods (id, user_id, kind, name, confirmed, details, credential_id, relying_party, public_key,
      sign_count, user_handle, created_at, enrolled_at)
    select ${newId('dev')}, id, ${passkey.kind}, ${name}, true, ${details}::jsonb, ${passkey.credentialId}, ${passkey.relyingParty},
      ${Buffer.from(passkey.publicKey, 'base64url')}::bytea, ${passkey.counter}, ${passkey.userHandle || null}, ${at}::timestamptz,
      ${at}::timestamptz
    from users where id = ${userId} and (${epoch}::integer is null or ${epoch}::integer = login_epoch(${userId}))
      and (select count(*) from authentication_methods where user_id = ${userId} and credential_id is not null)
        < ${sql.lit(MOST_CREDENTIALS)}
    on conflict do nothing returning *`.execute(tx);
  if (inserted[0]) return { kind: 'stored', method: toMethod(inserted[0]) };
  if ((await findPasskey(tx, passkey)) !== null) return { kind: 'duplicate' };
  const { rows } = await sql<{ credentials: number; current: boolean }>`
    select (select count(*) from authentication_methods where user_id = users.id and credential_id is not null) as credentials,
      (${epoch}::integer is null or ${epoch}::integer = login_epoch(users.id)) as current
    from users where id = ${userId}`.execute(tx);
  const isFull = rows[0]?.current === true && rows[0].credentials >= MOST_CREDENTIALS;
  return { kind: isFull ? 'too_many' : 'gone' };
}

/** Returns the method of a credential, or `null`. */
export async function findPasskey(
  db: Db,
  of: { relyingParty: string; credentialId: string },
): Promise<AuthenticationMethod | null> {
  const { rows } = await sql<MethodRow>`
    select * from authentication_methods
    where relying_party = ${of.relyingParty} and credential_id = ${of.credentialId}`.execute(db);
  return rows[0] ? toMethod(rows[0]) : null;
}

/**
 * Records the use of a credential. Returns false if its counter has not grown, so that a copy may exist (Web Authentication Level 3,
 * 6.1.1), or if it was deleted: of two uses with one counter, one succeeds.
 */
export async function notePasskeyUse(
  db: Db,
  input: { id: string; counter: number; isBackedUp: boolean; now: Date },
): Promise<boolean> {
  const { rows } = await sql`
    update authentication_methods set sign_count = ${input.counter}, last_auth_at = ${input.now},
      details = jsonb_set(details, '{isBackedUp}', ${JSON.stringify(input.isBackedUp)}::jsonb)
    where id = ${input.id} and credential_id is not null
      and (sign_count < ${input.counter} or (sign_count = 0 and ${input.counter}::bigint = 0))
    returning id`.execute(db);
  return rows.length > 0;
}

/** Returns whether a method is a second factor: passkeys replace the password, and recovery codes replace the factor. */
export function isSecondFactor({ kind }: Pick<AuthenticationMethod, 'kind'>): boolean {
  return kind !== 'passkey' && kind !== 'recovery-code';
}

/** Returns whether a method is a passkey or a security key. */
export function isWebAuthn({ kind }: Pick<AuthenticationMethod, 'kind'>): boolean {
  return WEBAUTHN_KINDS.some((known) => known === kind);
}

/** Returns the methods of a login with a passkey (RFC 8176): a key in hardware or software, and the user verified by its authenticator. */
export function amrOfPasskey(credential: Pick<Credential, 'deviceType'> | null): string[] {
  const key = credential?.deviceType === 'single_device' ? 'hwk' : 'swk';
  // docs/decisions/0041: with a verified user it is two factors.
  return [key, 'user', 'mfa'];
}

function detailsOf({ aaguid, deviceType, isBackedUp, transports }: VerifiedPasskey) {
  return { aaguid, deviceType, isBackedUp, transports };
}
