import type { Db } from '../../platform/db/db.ts';
import {
  findMigratedUsers,
  type MigratedUser,
} from '../../records/migrated-users/migrated-users.ts';
import type { Candidate } from './candidate.ts';
import type { RowNote } from './validate-row/validate-row.ts';

/** What an import does with a user whom a login has migrated before. `merge` fills the gaps; what is there stays. */
export type MigratedPolicy = 'skip' | 'merge';

const MIGRATED: RowNote = {
  code: 'ALREADY_MIGRATED',
  path: 'email',
  message: 'A login has brought this user from the legacy directory. What is stored here stays.',
};

/**
 * Separates the rows about existing users whom the legacy directory has given. Such a user is never a duplicate. The rows of a partial
 * user, of whom only the profile is here, complete the user; the others are skipped or fill gaps, as the import says.
 * @returns skipped: they have their outcome. toWrite: their records name the existing user. rest: no such users
 */
export async function settleMigrated(
  tx: Db,
  plan: { connectionId: string; migratedUsers: MigratedPolicy | null },
  candidates: Candidate[],
): Promise<{ skipped: Candidate[]; toWrite: Candidate[]; rest: Candidate[] }> {
  const skipped: Candidate[] = [];
  const toWrite: Candidate[] = [];
  const rest: Candidate[] = [];
  const isMigrated = plan.migratedUsers === null ? () => null : await lookUp(tx, plan, candidates);
  for (const candidate of candidates) {
    const migrated = isMigrated(candidate);
    if (migrated === null) rest.push(candidate);
    else if (migrated.isPartial || plan.migratedUsers === 'merge') {
      // Found by the id: the address may have changed since.
      const { email: _, ...record } = candidate.record;
      candidate.record = { ...record, id: migrated.id, gapsOnly: !migrated.isPartial };
      if (!migrated.isPartial) note(candidate);
      toWrite.push(candidate);
    } else {
      const { outcome } = candidate;
      Object.assign(outcome, { status: 'updated', isUnchanged: true, userId: migrated.id });
      note(candidate);
      skipped.push(candidate);
    }
  }
  return { skipped, toWrite, rest };
}

function note({ user }: Candidate): void {
  user.notes = [...(user.notes ?? []), MIGRATED];
}

/** Returns a function that finds the migrated user of a row: the one with its id, or with its address. If these are two, it is a conflict. */
async function lookUp(
  tx: Db,
  { connectionId }: { connectionId: string },
  candidates: Candidate[],
): Promise<(candidate: Candidate) => MigratedUser | null> {
  const records = candidates.map((candidate) => candidate.record);
  if (records.length === 0) return () => null;
  const found = await findMigratedUsers(tx, {
    connectionId,
    ids: records.map((record) => record.id),
    emails: records.flatMap((record) => record.email ?? []),
  });
  const byId = new Map(found.map((user) => [user.id, user]));
  const byEmail = new Map(found.map((user) => [user.email, user]));
  return ({ record }) => {
    const sameId = byId.get(record.id) ?? null;
    const sameEmail = byEmail.get(record.email ?? null) ?? null;
    return sameId && sameEmail && sameId !== sameEmail ? null : (sameId ?? sameEmail);
  };
}
