import type {
  DirectoryContext,
  DirectoryLogin,
} from '../../outbound/legacy-directory/legacy-directory.ts';
import type { Db } from '../../platform/db/db.ts';
import { findOrganization } from '../../records/organizations/organizations.ts';
import type { GuardedDirectory } from '../../steps/ask-directory/ask-directory.ts';
import { tryElsewhere } from '../../steps/try-password/try-password.ts';
import {
  type CheckedPassword,
  checkHere,
  type PasswordToCheck,
  type PasswordVerdict,
} from './check-here.ts';
import { follow, type LogInDeps, migrate } from './migrate.ts';

type Asked = PasswordToCheck & { directory: GuardedDirectory; isImporting: boolean };

/**
 * Asks the legacy directory about a password, and stores the user whom it confirms. The password is hashed while the directory answers, and
 * no transaction is open.
 */
export async function askDirectory(deps: LogInDeps, input: Asked): Promise<CheckedPassword> {
  const { connection, identifier, password, account, began, directory, isImporting } = input;
  const context = await contextOf(deps.db, input.organizationId);
  const { answer, phc, busy, hold } = await tryElsewhere(deps, {
    connectionId: connection.id,
    password,
    began,
    keepsHash: isImporting,
    leastMs: () => directory.usualMs(),
    ask: (): Promise<DirectoryLogin> =>
      // An empty password is never right, and LDAP servers take it for an anonymous login.
      password === ''
        ? Promise.resolve({ kind: 'wrong', identifier: null, problem: null })
        : directory.login({ identifier, password, context, isKnown: account !== null }),
    isRight: ({ kind }) => kind === 'found',
  });
  if (answer.kind !== 'found') return { verdict: busyOr(input, answer, busy), hold };
  const { profile } = answer;
  if (profile.blocked) return { verdict: { kind: 'blocked' }, hold };
  const about = { ...input, profile };
  const stored = phc === null ? await follow(deps, about) : await migrate(deps, { ...about, phc });
  switch (stored.kind) {
    case 'refused':
      return { verdict: { kind: 'not-moved', problem: stored.problem }, hold };
    case 'stored': {
      const { account: found, isNew } = stored;
      return { verdict: { kind: 'right', account: found, outdated: null, isNew }, hold };
    }
    // The account has a password of its own, which may be newer than the directory's.
    case 'exists':
      return checkHere(deps, { ...input, account: stored.account, isHidden: false });
  }
}

function busyOr(
  { account }: Asked,
  answer: Exclude<DirectoryLogin, { kind: 'found' }>,
  busy: { kind: 'busy'; retryAfterSeconds: number } | null,
): PasswordVerdict {
  if (answer.kind !== 'wrong') return answer;
  if (busy !== null) return busy;
  // As at Auth0: the name that a script's error carries becomes the id in the log.
  const named = answer.identifier ? `auth0|${answer.identifier}` : null;
  return { kind: 'wrong', userId: account?.user.id ?? named, description: answer.problem };
}

async function contextOf(db: Db, organizationId: string | null): Promise<DirectoryContext> {
  const found = organizationId === null ? null : await findOrganization(db, organizationId);
  if (found === null) return { organization: null };
  const { id, name, metadata } = found;
  return { organization: { id, name, metadata: metadata ?? {} } };
}
