import type { Db } from '../../platform/db/db.ts';
import { costOfImported, hashPassword } from '../../platform/password-hash/password-hash.ts';
import {
  checkPassword,
  isKnownPassword,
  type PolicyOutcome,
} from '../../platform/password-policy/password-policy.ts';
import { attackProtection } from '../../records/attack-protection/attack-protection.ts';
import { findClient } from '../../records/clients/clients.ts';
import { type Connection, passwordPolicyOf } from '../../records/connections/connections.ts';
import type { Audit } from '../../records/logs/logs.ts';
import { completeMigrated } from '../../records/migrated-users/migrated-users.ts';
import { endSessionsOf, endSessionsOfMany } from '../../records/oidc-payloads/oidc-payloads.ts';
import {
  type ImportedPassword,
  insertImported,
  isRecentPassword,
  raiseCostliest,
  replaceImported,
  setPassword,
} from '../../records/passwords/passwords.ts';
import { tenantSettings } from '../../records/settings/settings.ts';
import { forgetFailures, loginNamesOf } from '../../records/throttles/throttles.ts';
import { supersedeTickets } from '../../records/tickets/tickets.ts';
import { type HeldAccount, recordPasswordReset } from '../../records/users/users.ts';

/** A hashed password that passed every check, with the data needed to store it. */
export type ChosenPassword = { phc: string; historySize: number };

/** Why a password is refused. `reused`: the history contains it. `known`: it is a commonly known password. */
export type RefusedPassword =
  | Exclude<PolicyOutcome, { kind: 'ok' }>
  | { kind: 'reused' }
  | { kind: 'known' };

export type JudgedPassword =
  | { kind: 'ok'; chosen: ChosenPassword }
  | { kind: 'refused'; why: RefusedPassword };

/** Name and message of each refusal for API clients. */
export const PASSWORD_REFUSALS: Record<RefusedPassword['kind'], [name: string, message: string]> = {
  weak: ['PasswordStrengthError', 'Password is too weak'],
  common: ['PasswordDictionaryError', 'Password is too common'],
  personal: ['PasswordNoUserInfoError', 'Password contains user information'],
  'too-long': ['PasswordStrengthError', 'Password is too long'],
  reused: ['PasswordHistoryError', 'Password has previously been used'],
  known: ['PasswordDictionaryError', 'Password is too common'],
};

type About = Parameters<typeof checkPassword>[2];

/**
 * Checks a new password, wherever it is chosen, and hashes it. The checks are the connection's policy, personal data, the history, and
 * commonly known passwords. Slow on purpose: not for transactions.
 * @param input.accountId the account of the password; `null` for a new one
 * @param input.about what is known about the user
 */
export async function judgePassword(
  deps: { db: Db; audit: Audit },
  input: {
    connection: Connection;
    accountId: string | null;
    about: About;
    password: string;
    clientId?: string | null | undefined;
    ip?: string | undefined;
  },
): Promise<JudgedPassword> {
  const { connection, accountId, about, password, clientId = null } = input;
  const policy = passwordPolicyOf(connection);
  const outcome = checkPassword(policy, password, about, await namesOfService(deps.db, clientId));
  if (outcome.kind !== 'ok') return { kind: 'refused', why: outcome };
  if (await isRefusedAsKnown(deps, input)) return { kind: 'refused', why: { kind: 'known' } };
  const historySize = policy.history?.enable ? policy.history.size : 0;
  const recent = { userId: accountId ?? '', password, limit: accountId === null ? 0 : historySize };
  if (await isRecentPassword(deps.db, recent)) return { kind: 'refused', why: { kind: 'reused' } };
  return { kind: 'ok', chosen: { phc: await hashPassword(password), historySize } };
}

/** Returns the names under which the user knows the service. */
async function namesOfService(db: Db, clientId: string | null): Promise<string[]> {
  const [{ friendlyName }, client] = await Promise.all([
    tenantSettings(db),
    clientId === null ? null : findClient(db, clientId),
  ]);
  return [friendlyName, client?.name].filter((name) => typeof name === 'string');
}

/** Logs a commonly known password if the operator watches for them. Returns `true` if it must not be used. */
async function isRefusedAsKnown(
  { db, audit }: { db: Db; audit: Audit },
  { connection, accountId, about, password, clientId, ip }: Parameters<typeof judgePassword>[1],
): Promise<boolean> {
  const { breachedPassword } = await attackProtection(db);
  if (!breachedPassword.enabled || !isKnownPassword(password)) return false;
  const isNew = accountId === null;
  audit.record({
    type: isNew ? 'signup_pwd_leak' : 'reset_pwd_leak',
    description: 'Someone chose a password that is known to be common.',
    userId: accountId,
    userName: about.email ?? about.username ?? null,
    connectionId: connection.id,
    clientId: clientId ?? null,
    ...(ip !== undefined && { ip }),
  });
  const { preUserRegistration, preChangePassword, shields } = breachedPassword;
  // A password that the next login refuses must not be chosen.
  return [...(isNew ? preUserRegistration : preChangePassword), ...shields].includes('block');
}

/** Stores the password of an account created in the same transaction. */
export async function storeFirstPassword(
  tx: Db,
  input: { userId: string; chosen: ChosenPassword; at: Date },
): Promise<void> {
  const { userId, chosen, at } = input;
  await setPassword(tx, { userId, phc: chosen.phc, at, historySize: 0 });
}

/**
 * Stores a chosen password and applies all consequences: the former one goes into the history, the user is signed out everywhere, older
 * links that could set a password end, and wrong guesses are forgiven. Needs a transaction.
 * @param input.held from {@link holdAccount}, in the same transaction
 * @param input.chosen `null`: the legacy directory keeps the password, and has changed it
 */
export async function storeChosenPassword(
  tx: Db,
  input: {
    held: HeldAccount;
    chosen: ChosenPassword | null;
    at: Date;
    markEmailVerified?: boolean;
  },
): Promise<void> {
  const { held, chosen, at, markEmailVerified = false } = input;
  const { account, person } = held;
  const userId = account.id;
  if (chosen !== null) await setPassword(tx, { userId, ...chosen, at });
  await recordPasswordReset(tx, { userId, at, markEmailVerified });
  // The password of a linked identity opens the account that it is linked to.
  if (person.id !== userId) {
    await recordPasswordReset(tx, { userId: person.id, at, markEmailVerified: false });
  }
  await supersedeTickets(tx, { userIds: [userId], kind: 'password-change', by: 'password', at });
  await completeMigrated(tx, [userId], at);
  await endSessionsOf(tx, person.id);
  await forgetFailures(tx, loginNamesOf(account));
}

/**
 * Stores the hashes of an import. A user whose hash changes is treated like one whose password was changed: signed out, with older links
 * ended. From then on, wrong answers of the connection take as long as its costliest hash. Needs a transaction.
 * @param input.fresh users created in the same transaction
 * @param input.changed users who existed before; a user who has logged in with their hash keeps it
 */
export async function storeImportedHashes(
  tx: Db,
  input: {
    connectionId: string;
    fresh: ImportedPassword[];
    changed: ImportedPassword[];
    at: Date;
  },
): Promise<void> {
  const { connectionId, fresh, changed, at } = input;
  await insertImported(tx, fresh, at);
  const userIds = await replaceImported(tx, changed, at);
  await completeMigrated(tx, userIds, at);
  await supersedeTickets(tx, { userIds, kind: 'password-change', by: 'password', at });
  await endSessionsOfMany(tx, userIds);
  let ms = 0;
  for (const { imported } of [...fresh, ...changed]) ms = Math.max(ms, costOfImported(imported));
  await raiseCostliest(tx, { connectionId, ms });
}
