import type { Db } from '../../platform/db/db.ts';
import { customDatabaseOf } from '../../records/connections/connections.ts';
import { isPartial } from '../../records/migrated-users/migrated-users.ts';
import { directoryFor } from '../../steps/ask-directory/ask-directory.ts';
import { askDirectory } from './ask-directory.ts';
import { type CheckedPassword, checkHere, type PasswordToCheck } from './check-here.ts';
import type { LogInDeps } from './migrate.ts';

/**
 * Verifies a password here, or lets the connection's legacy directory do it. While users are imported, the directory is asked about those who
 * are not here yet. If they are not imported, it is asked at every login.
 */
export async function checkPassword(
  deps: LogInDeps,
  input: PasswordToCheck,
): Promise<CheckedPassword> {
  const { db } = deps;
  const { connection, account, isHidden, password, began } = input;
  const custom = customDatabaseOf(connection);
  const directory = custom === null ? null : directoryFor(deps, connection);
  if (custom !== null && directory !== null) {
    const { isImporting } = custom;
    if (await isElsewhere(db, { isImporting, isHidden, account })) {
      return askDirectory(deps, { ...input, directory, isImporting });
    }
  }
  return checkHere(deps, { connection, account, isHidden, password, began, directory });
}

async function isElsewhere(
  db: Db,
  {
    isImporting,
    isHidden,
    account,
  }: { isImporting: boolean } & Pick<PasswordToCheck, 'isHidden' | 'account'>,
): Promise<boolean> {
  if (isHidden) return false;
  return !isImporting || account === null || isPartial(db, account.id);
}
