import type { Clock } from '../../platform/clock/clock.ts';
import type { Db } from '../../platform/db/db.ts';
import type { StoredHash } from '../../platform/password-hash/password-hash.ts';
import type { Connection } from '../../records/connections/connections.ts';
import type { Account } from '../../records/users/users.ts';
import type { GuardedDirectory } from '../../steps/ask-directory/ask-directory.ts';
import { tryPassword } from '../../steps/try-password/try-password.ts';

export type PasswordToCheck = {
  connection: Connection;
  /** As typed. */
  identifier: string;
  password: string;
  /** The account here, or `null`. */
  account: Account | null;
  /** Whether the account has no login yet, because its address is not proved. */
  isHidden: boolean;
  clientId: string | null;
  organizationId: string | null;
  /** `performance.now()` at the start of the attempt. */
  began: number;
};

export type PasswordVerdict =
  | {
      kind: 'right';
      account: Account;
      /** The hash to replace, or `null`. */
      outdated: StoredHash | null;
      /** Whether the account came from the legacy directory just now. */
      isNew: boolean;
    }
  /** What the tenant log says about it. */
  | { kind: 'wrong'; userId: string | null; description: string | null }
  | { kind: 'busy'; retryAfterSeconds: number }
  /** The legacy directory says that this user may not log in. */
  | { kind: 'blocked' }
  /** The legacy directory has a message for the person. */
  | { kind: 'denied'; message: string }
  /** The legacy directory gave no usable answer. Both texts are for the operator only. */
  | { kind: 'unavailable'; why: string; problem: string }
  /** The password is right, but the user cannot be taken over. `problem` is for the operator only. */
  | { kind: 'not-moved'; problem: string };

export type CheckedPassword = {
  verdict: PasswordVerdict;
  /** Waits until a refusal may be sent. Call it before every refusal, whatever its reason. */
  hold(): Promise<void>;
};

/** Verifies a password with the hash that is stored here. The refusal takes as long as one after a question to the directory usually does. */
export async function checkHere(
  deps: { db: Db; clock: Clock },
  input: Pick<PasswordToCheck, 'connection' | 'account' | 'isHidden' | 'password' | 'began'> & {
    directory: GuardedDirectory | null;
  },
): Promise<CheckedPassword> {
  const { connection, account, isHidden, password, began, directory } = input;
  const { verdict, hold } = await tryPassword(deps, {
    connectionId: connection.id,
    accountId: isHidden ? null : (account?.id ?? null),
    password,
    began,
    leastMs: directory?.usualMs() ?? 0,
  });
  if (verdict.kind === 'busy') return { verdict, hold };
  if (account === null || verdict.kind === 'wrong') {
    const description = isHidden ? 'The address is not confirmed.' : null;
    return { verdict: { kind: 'wrong', userId: account?.user.id ?? null, description }, hold };
  }
  const outdated = verdict.outdated ? verdict.stored : null;
  return { verdict: { kind: 'right', account, outdated, isNew: false }, hold };
}
