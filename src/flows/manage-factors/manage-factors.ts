import type { Clock } from '../../platform/clock/clock.ts';
import type { Keys } from '../../platform/crypto/crypto.ts';
import { type Db, transaction, transactionWithUndo } from '../../platform/db/db.ts';
import {
  type AuthenticationMethod,
  deleteMethod,
  deleteMethods,
  insertMethod,
  type MethodKind,
  type NewMethod,
  setRecoveryCode,
  storePasskey,
  updateMethod,
  type VerifiedPasskey,
} from '../../records/authentication-methods/authentication-methods.ts';
import type { Audit } from '../../records/logs/logs.ts';
import type { User } from '../../records/users/users.ts';
import { adoptFactors } from '../../steps/adopt-factors/adopt-factors.ts';
import { noteEnrollment } from '../../steps/note-enrollment/note-enrollment.ts';
import { refuseProtected } from '../../steps/refuse-protected/refuse-protected.ts';

export type ManageFactorsDeps = {
  db: Db;
  clock: Clock;
  keys: Pick<Keys, 'encryption'>;
  audit: Audit;
};

/** The user, and the application through which the user removes an own factor, for the tenant log. */
export type FactorOwner = { user: Pick<User, 'id' | 'email'>; clientId?: string };

const MOST_OF_A_KIND = 20;

/** `duplicate`: the number or address is enrolled already. `no_user`: the user was deleted. */
type NotAdded = { kind: 'duplicate' | 'no_user' };

/**
 * Adds a confirmed method, up to 20 of a kind.
 * @returns `too_many` if the user has that many of this kind
 */
export async function addMethod(
  deps: ManageFactorsDeps,
  wanted: NewMethod,
): Promise<{ kind: 'added'; method: AuthenticationMethod } | { kind: 'too_many' } | NotAdded> {
  const { userId, kind } = wanted;
  refuseProtected({ userId });
  const present = await adoptFactors(deps, userId);
  if (present.filter((method) => method.kind === kind).length >= MOST_OF_A_KIND) {
    return { kind: 'too_many' };
  }
  const outcome = await insert(deps, deps.db, wanted);
  return outcome.kind === 'inserted' ? { kind: 'added', method: outcome.method } : outcome;
}

/**
 * Adds a passkey or a security key that another server has registered.
 * @returns `duplicate` if the credential belongs to a user already
 */
export async function addPasskey(
  deps: ManageFactorsDeps,
  {
    user,
    ...wanted
  }: { user: Pick<User, 'id' | 'email'>; passkey: VerifiedPasskey; name: string | null },
): Promise<{ kind: 'added'; method: AuthenticationMethod } | { kind: 'too_many' } | NotAdded> {
  const { id: userId } = user;
  refuseProtected({ userId });
  const at = deps.clock.now();
  const stored = await transaction(deps.db, (tx) => storePasskey(tx, { ...wanted, userId, at }));
  if (stored.kind !== 'stored') return { kind: stored.kind === 'gone' ? 'no_user' : stored.kind };
  noteEnrollment(deps, { user, factor: wanted.passkey.kind, clientId: null });
  return { kind: 'added', method: stored.method };
}

/**
 * Replaces all methods of a user: all of them, or nothing.
 * @returns `has_passkey` if the user has a passkey, which a replacement would delete
 */
export async function replaceMethods(
  deps: ManageFactorsDeps,
  { userId, wanted }: { userId: string; wanted: NewMethod[] },
): Promise<
  { kind: 'replaced'; methods: AuthenticationMethod[] } | { kind: 'has_passkey' } | NotAdded
> {
  refuseProtected({ userId });
  const present = await adoptFactors(deps, userId);
  if (present.some(({ kind }) => kind === 'passkey')) return { kind: 'has_passkey' };
  return transactionWithUndo(deps.db, async (tx, undo: (outcome: NotAdded) => never) => {
    await deleteMethods(tx, { userId });
    const methods: AuthenticationMethod[] = [];
    for (const one of wanted) {
      const outcome = await insert(deps, tx, one);
      methods.push(outcome.kind === 'inserted' ? outcome.method : undo(outcome));
    }
    return { kind: 'replaced' as const, methods };
  });
}

function insert({ clock, keys }: ManageFactorsDeps, db: Db, wanted: NewMethod) {
  return insertMethod(db, wanted, { key: keys.encryption, now: clock.now() });
}

/** Renames a method, or changes how codes reach its phone. Returns `null` if the user has no such method. */
export function changeMethod(
  { db, clock }: ManageFactorsDeps,
  key: { userId: string; id: string },
  changes: { name?: string | undefined; preferred?: 'sms' | 'voice' | undefined },
): Promise<AuthenticationMethod | null> {
  refuseProtected({ userId: key.userId });
  return updateMethod(db, key, { ...changes, now: clock.now() });
}

/** Removes one method, for operators and for the user. */
export async function removeMethod(
  { db, audit }: Pick<ManageFactorsDeps, 'db' | 'audit'>,
  { id, ...owner }: FactorOwner & { id: string },
): Promise<{ kind: 'removed' | 'missing' }> {
  const gone = await deleteMethod(db, { userId: owner.user.id, id });
  if (gone === null) return { kind: 'missing' };
  audit.record({ ...removalBy(owner), details: { factor: gone.kind } });
  return { kind: 'removed' };
}

/** Removes all methods, or those of some kinds. Imported ones become methods first, or they would return at the next login. */
export async function removeMethods(
  deps: ManageFactorsDeps,
  { kinds, ...owner }: FactorOwner & { kinds?: MethodKind[] | undefined },
): Promise<void> {
  const userId = owner.user.id;
  refuseProtected({ userId });
  await adoptFactors(deps, userId);
  const count = await deleteMethods(deps.db, { userId, ...(kinds && { kinds }) });
  if (count > 0) deps.audit.record(removalBy(owner));
}

function removalBy({ user, ...by }: FactorOwner) {
  return { ...by, type: 'gd_unenroll', userId: user.id, userName: user.email };
}

/**
 * Gives a user a new recovery code, for operators and for the user. The old code stops working.
 * @returns `no_factor` if the user has no confirmed method, `no_user` if the user was deleted
 */
export async function setNewRecoveryCode(
  deps: Omit<ManageFactorsDeps, 'audit'>,
  userId: string,
): Promise<{ kind: 'set'; code: string } | { kind: 'no_factor' } | { kind: 'no_user' }> {
  const methods = await adoptFactors(deps, userId);
  const isFactor = (method: AuthenticationMethod) => method.confirmed && method.kind !== 'passkey';
  if (!methods.some(isFactor)) return { kind: 'no_factor' };
  const code = await setRecoveryCode(deps.db, { userId, now: deps.clock.now() });
  return code === null ? { kind: 'no_user' } : { kind: 'set', code };
}
