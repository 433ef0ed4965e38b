import type { Clock } from '../../platform/clock/clock.ts';
import { type Db, transaction } from '../../platform/db/db.ts';
import {
  type Connection,
  customDatabaseOf,
  lockConnection,
  updateConnection,
} from '../../records/connections/connections.ts';
import { findJob } from '../../records/jobs/jobs.ts';
import { countSegments } from '../../records/segments/segments.ts';
import { refuseProtected } from '../../steps/refuse-protected/refuse-protected.ts';

export type FinishedMigration =
  | { kind: 'finished'; connection: Connection }
  | { kind: 'missing' }
  /** The connection does not import users of a legacy directory. */
  | { kind: 'not-importing' }
  /** The import of the remaining users is no import of this connection, has not ended, or has refused rows. */
  | { kind: 'not-imported'; why: string };

/**
 * Ends the lazy migration of a connection: nobody asks the legacy directory from now on, and import mode stays on, so that everything else
 * is as before. It can be repeated.
 * @param input.importJobId the import of the remaining users, which must have brought all of them
 */
export async function finishMigration(
  { db, clock }: { db: Db; clock: Clock },
  input: { connectionId: string; importJobId: string | null },
): Promise<FinishedMigration> {
  const { connectionId, importJobId } = input;
  refuseProtected({ connectionId });
  if (importJobId !== null) {
    const why = await whyNotImported(db, importJobId, connectionId);
    if (why !== null) return { kind: 'not-imported', why };
  }
  return transaction(db, async (tx) => {
    const before = await lockConnection(tx, connectionId);
    if (before === null) return { kind: 'missing' as const };
    const custom = customDatabaseOf(before);
    if (!custom?.isImporting) return { kind: 'not-importing' as const };
    const { directory: _, ...options } = before.options;
    const customScripts = noScripts(custom.hasContext);
    const changes = { options: { ...options, customScripts, import_mode: true } };
    const connection = await updateConnection(tx, connectionId, changes, clock.now());
    return connection ? { kind: 'finished' as const, connection } : { kind: 'missing' as const };
  });
}

/** Returns scripts that know nobody. */
function noScripts(hasContext: boolean): Record<string, string> {
  const context = hasContext ? 'context, ' : '';
  return {
    login: `function login(identifier, password, ${context}callback) { return callback(); }`,
    get_user: `function getByEmail(email, ${context}callback) { return callback(); }`,
  };
}

async function whyNotImported(db: Db, id: string, connectionId: string): Promise<string | null> {
  const job = await findJob(db, id);
  if (job?.type !== 'users_import' || job.connectionId !== connectionId) {
    return `The connection has no import ${id}.`;
  }
  if (job.request.dryRun === true) return `The import ${id} is a dry run.`;
  if (job.status !== 'completed') return `The import ${id} is ${job.status}.`;
  const { failed } = await countSegments(db, id);
  return failed === 0 ? null : `The import ${id} has refused ${failed} rows.`;
}
