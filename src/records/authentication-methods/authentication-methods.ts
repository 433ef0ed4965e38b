import { sql } from 'kysely';
import { encrypt, sha256 } from '../../platform/crypto/crypto.ts';
import { type Db, sqlState } from '../../platform/db/db.ts';
import { newId } from '../../platform/ids/ids.ts';
import { notedVersion } from '../../platform/request-context/request-context.ts';
import {
  type AuthenticationMethod,
  type MethodKind,
  type MethodRow,
  openSecret,
  toMethod,
} from './method-row.ts';
import { isSecondFactor } from './passkeys.ts';
import { newRecoveryCode } from './recovery-code.ts';

export {
  type Credential,
  SECURITY_KEYS,
  type SecurityKey,
  type VerifiedPasskey,
  type WebAuthnKind,
} from './credential.ts';
export type { AuthenticationMethod, MethodKind } from './method-row.ts';
export {
  amrOfPasskey,
  findPasskey,
  isSecondFactor,
  isWebAuthn,
  notePasskeyUse,
  storePasskey,
} from './passkeys.ts';
export { newRecoveryCode } from './recovery-code.ts';

export type NewMethod = {
  userId: string;
  kind: MethodKind;
  name?: string | null;
  confirmed: boolean;
  /** Base32 secret of a TOTP app, stored encrypted. */
  totpSecret?: string;
  phoneNumber?: string;
  email?: string;
  preferred?: 'sms' | 'voice';
  /** The person's recovery code from the confirmation of this method on. */
  recoveryCode?: string | undefined;
};

const UNIQUE_VIOLATION = '23505';
const FOREIGN_KEY_VIOLATION = '23503';

/** Returns a person's methods, oldest first (a recovery code after its method), and whether imported factors wait to become methods. */
export async function methodsOfUser(
  db: Db,
  userId: string,
): Promise<{ methods: AuthenticationMethod[]; imported: boolean }> {
  const { rows } = await sql<{ imported: boolean; method: string | null } & MethodRow>`
    select users.mfa_factors is not null as imported, m.id as method, m.* from users
    left join authentication_methods m on m.user_id = users.id
    where users.id = ${userId} order by m.created_at, m.kind = 'recovery-code', m.id`.execute(db);
  return {
    methods: rows.flatMap((row) => (row.method === null ? [] : [toMethod(row)])),
    imported: rows[0]?.imported ?? false,
  };
}

/** Returns whether a person has a confirmed second factor, or one of an import that waits to become a method. */
export async function hasSecondFactor(db: Db, userId: string): Promise<boolean> {
  const { methods, imported } = await methodsOfUser(db, userId);
  return imported || methods.some((method) => method.confirmed && isSecondFactor(method));
}

/** Returns one method of this person by its id without the kind, or `null`. */
export async function findMethod(
  db: Db,
  key: { userId: string; id: string },
): Promise<AuthenticationMethod | null> {
  const { rows } = await sql<MethodRow>`
    select * from authentication_methods where id = ${key.id} and user_id = ${key.userId}`.execute(
    db,
  );
  return rows[0] ? toMethod(rows[0]) : null;
}

export async function findMethodById(db: Db, id: string): Promise<AuthenticationMethod | null> {
  const { rows } =
    await sql<MethodRow>`select * from authentication_methods where id = ${id}`.execute(db);
  return rows[0] ? toMethod(rows[0]) : null;
}

/** Adds a method. Returns `duplicate` if the number or address is enrolled already, `no_user` if the person was deleted. */
export async function insertMethod(
  db: Db,
  method: NewMethod,
  deps: { key: Buffer; now: Date },
): Promise<{ kind: 'inserted'; method: AuthenticationMethod } | { kind: 'duplicate' | 'no_user' }> {
  const secret = method.totpSecret === undefined ? null : encrypt(deps.key, method.totpSecret);
  const codeHash = method.recoveryCode === undefined ? null : sha256(method.recoveryCode);
  try {
    const { rows } = await sql<MethodRow>`
      insert into authentication_methods (id, user_id, kind, name, confirmed, secret, code_hash, phone_number, email, preferred,
        created_at, enrolled_at)
      values (${newId('dev')}, ${method.userId}, ${method.kind}, ${method.name ?? null}, ${method.confirmed}, ${secret}, ${codeHash},
        ${method.phoneNumber ?? null}, ${method.email ?? null}, ${method.preferred ?? null},
        ${deps.now}, ${method.confirmed ? deps.now : null})
      on conflict do nothing returning *`.execute(db);
    return rows[0] ? { kind: 'inserted', method: toMethod(rows[0]) } : { kind: 'duplicate' };
  } catch (error) {
    if (sqlState(error) === FOREIGN_KEY_VIOLATION) return { kind: 'no_user' };
    throw error;
  }
}

/** Deletes unconfirmed methods of this kind, so that the next enrollment is the only one. */
export async function deleteUnconfirmed(
  db: Db,
  key: { userId: string; kind: MethodKind },
): Promise<void> {
  await sql`delete from authentication_methods
    where user_id = ${key.userId} and kind = ${key.kind} and not confirmed`.execute(db);
}

/**
 * Returns the secrets of a person's TOTP apps.
 * @param input.id only this one
 */
export async function totpSecrets(
  db: Db,
  input: { userId: string; key: Buffer; id?: string | undefined; confirmed?: boolean },
): Promise<{ id: string; secret: string; confirmed: boolean; lastStep: number | null }[]> {
  const { rows } = await sql<MethodRow>`
    select * from authentication_methods where user_id = ${input.userId} and kind = 'totp'
      and (${input.id ?? null}::text is null or id = ${input.id ?? null})
      and (${input.confirmed ?? null}::boolean is null or confirmed = ${input.confirmed ?? null})
    order by created_at, id`.execute(db);
  return rows.flatMap((row) =>
    row.secret === null
      ? []
      : [
          {
            id: row.id,
            secret: openSecret(input.key, row.secret),
            confirmed: row.confirmed,
            lastStep: row.last_step,
          },
        ],
  );
}

/** A method cannot be confirmed if the person's sessions were ended after this request identified them (docs/decisions/0026). */
const stillTheirs = (userId: string) => {
  const epoch = notedVersion(userId);
  return sql`(confirmed or ${epoch}::integer is null or ${epoch}::integer = login_epoch(${userId}))`;
};

/**
 * Accepts the code of one time step, and confirms the method. Returns false if this or a later step was used: of many at once exactly one
 * succeeds (RFC 6238, 5.2).
 */
export async function useTotpStep(
  db: Db,
  input: { id: string; userId: string; step: number; now: Date },
): Promise<boolean> {
  const { rows } = await sql`
    update authentication_methods set last_step = ${input.step}, last_auth_at = ${input.now}, confirmed = true,
      enrolled_at = coalesce(enrolled_at, ${input.now}::timestamptz)
    where id = ${input.id} and (last_step is null or last_step < ${input.step})
      and ${stillTheirs(input.userId)} returning id`.execute(db);
  return rows.length > 0;
}

/** Records the use of a method, and confirms it. Returns false if it was deleted, or if the same method is confirmed already. */
export async function useMethod(
  db: Db,
  input: { id: string; userId: string; now: Date },
): Promise<boolean> {
  try {
    const { rows } = await sql`
      update authentication_methods set last_auth_at = ${input.now}, confirmed = true,
        enrolled_at = coalesce(enrolled_at, ${input.now}::timestamptz)
      where id = ${input.id} and ${stillTheirs(input.userId)} returning id`.execute(db);
    return rows.length > 0;
  } catch (error) {
    if (sqlState(error) === UNIQUE_VIOLATION) return false;
    throw error;
  }
}

/** Replaces the person's recovery code. Only its hash is stored. Returns `null` if the person was deleted. */
export async function setRecoveryCode(
  db: Db,
  input: { userId: string; now: Date },
): Promise<string | null> {
  return giveRecoveryCode(db, { ...input, replaces: true });
}

/** Gives the person their first recovery code. Returns `null` if they have one, or were deleted. */
export async function addRecoveryCode(
  db: Db,
  input: { userId: string; now: Date },
): Promise<string | null> {
  return giveRecoveryCode(db, { ...input, replaces: false });
}

async function giveRecoveryCode(
  db: Db,
  { userId, now, replaces }: { userId: string; now: Date; replaces: boolean },
): Promise<string | null> {
  const code = newRecoveryCode();
  const otherwise = replaces
    ? sql`update set code_hash = excluded.code_hash, updated_at = ${now}`
    : sql`nothing`;
  const { rows } = await sql`
    insert into authentication_methods (id, user_id, kind, confirmed, code_hash, created_at, enrolled_at)
    select ${newId('dev')}, id, 'recovery-code', true, ${sha256(code)}::bytea, ${now}::timestamptz, ${now}::timestamptz
    from users where id = ${userId} for key share
    on conflict (user_id) where kind = 'recovery-code' do ${otherwise} returning id`.execute(db);
  return rows.length > 0 ? code : null;
}

/**
 * Makes the recovery code of a method the person's own and deletes any older one. It becomes valid only with the method: otherwise an
 * abandoned enrollment would leave a way in. Returns false if the method has no recovery code.
 */
export async function adoptRecoveryCode(
  db: Db,
  input: { userId: string; methodId: string; now: Date },
): Promise<boolean> {
  const { userId, methodId, now } = input;
  const { rows } = await sql`
    insert into authentication_methods (id, user_id, kind, confirmed, code_hash, created_at, enrolled_at)
    select ${newId('dev')}, user_id, 'recovery-code', true, code_hash, ${now}::timestamptz, ${now}::timestamptz
    from authentication_methods
    where id = ${methodId} and user_id = ${userId} and kind <> 'recovery-code' and confirmed and code_hash is not null
    on conflict (user_id) where kind = 'recovery-code'
      do update set code_hash = excluded.code_hash, updated_at = excluded.created_at
    returning id`.execute(db);
  if (rows.length === 0) return false;
  await sql`update authentication_methods set code_hash = null
    where id = ${methodId} and kind <> 'recovery-code'`.execute(db);
  return true;
}

/** Uses up a recovery code and creates the next one, in one step. Of many at once exactly one gets it; the others get `null`. */
export async function replaceRecoveryCode(
  db: Db,
  input: { userId: string; code: string; now: Date },
): Promise<string | null> {
  const next = newRecoveryCode();
  const { rows } = await sql`
    update authentication_methods
    set code_hash = ${sha256(next)}, last_auth_at = ${input.now}, updated_at = ${input.now}
    where user_id = ${input.userId} and kind = 'recovery-code' and code_hash = ${sha256(input.code)}
    returning id`.execute(db);
  return rows.length > 0 ? next : null;
}

/** Renames a method or changes how a phone is reached. Returns `null` if there is no such method. */
export async function updateMethod(
  db: Db,
  key: { userId: string; id: string },
  changes: { name?: string | undefined; preferred?: 'sms' | 'voice' | undefined; now: Date },
): Promise<AuthenticationMethod | null> {
  const { rows } = await sql<MethodRow>`
    update authentication_methods set name = coalesce(${changes.name ?? null}, name),
      preferred = coalesce(${changes.preferred ?? null}, preferred), updated_at = ${changes.now}
    where id = ${key.id} and user_id = ${key.userId} returning *`.execute(db);
  return rows[0] ? toMethod(rows[0]) : null;
}

/** Deletes a method of this person. Returns what it deleted, or `null` if there is none. */
export async function deleteMethod(
  db: Db,
  key: { userId: string; id: string },
): Promise<AuthenticationMethod | null> {
  const { rows } = await sql<MethodRow>`
    delete from authentication_methods where id = ${key.id} and user_id = ${key.userId} returning *`.execute(
    db,
  );
  return rows[0] ? toMethod(rows[0]) : null;
}

/** Deletes all methods of a person, or those of these kinds. Returns how many it deleted. */
export async function deleteMethods(
  db: Db,
  input: { userId: string; kinds?: MethodKind[] },
): Promise<number> {
  const { rows } = await sql`
    delete from authentication_methods where user_id = ${input.userId}
      and (${input.kinds ?? null}::text[] is null or kind = any(${input.kinds ?? null}::text[]))
    returning id`.execute(db);
  return rows.length;
}
