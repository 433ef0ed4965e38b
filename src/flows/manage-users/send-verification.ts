import type { Clock } from '../../platform/clock/clock.ts';
import { type Db, transaction } from '../../platform/db/db.ts';
import { Refusal } from '../../platform/refusal/refusal.ts';
import type { Enqueue } from '../../platform/tasks/tasks.ts';
import { findClient } from '../../records/clients/clients.ts';
import { findConnection, isConnectionEnabled } from '../../records/connections/connections.ts';
import { linkSettings } from '../../records/email-templates/email-templates.ts';
import { finishJob, insertJob, type Job } from '../../records/jobs/jobs.ts';
import type { Audit } from '../../records/logs/logs.ts';
import { findOrganization } from '../../records/organizations/organizations.ts';
import { holdUsers, type User } from '../../records/users/users.ts';
import type { DirectoryDeps } from '../../steps/ask-directory/ask-directory.ts';
import { confirmationMail } from '../../steps/ask-for-confirmation/ask-for-confirmation.ts';
import { queueMail } from '../../steps/queue-mail/queue-mail.ts';
import { refuseProtected } from '../../steps/refuse-protected/refuse-protected.ts';
import type { Actions } from '../../steps/run-actions/run-actions.ts';

export type ManageUsersDeps = {
  db: Db;
  clock: Clock;
  enqueue: Enqueue;
  ticketKey: Buffer;
  audit: Audit;
  actions: Actions;
} & DirectoryDeps;

export type SendVerificationOutcome =
  /** The mail is queued. The job is finished, and exists for clients that ask for it. */
  | { kind: 'queued'; job: Job }
  | { kind: 'no_connection' | 'no_database' | 'not_enabled' | 'no_address' | 'no_organization' };

/**
 * Queues a verification mail for a user, or an identity linked to one.
 * @param input.isNamed whether the request names the identity; without a name, only users of a database get the mail
 * @throws Refusal `invalid_body` if the application does not exist, `user_not_found` if the user was deleted in the meantime
 */
export async function sendVerification(
  deps: ManageUsersDeps,
  input: {
    user: User;
    isNamed: boolean;
    clientId: string | undefined;
    organizationId: string | null;
    customDomain: string | undefined;
  },
): Promise<SendVerificationOutcome> {
  const { db } = deps;
  const { user, clientId, organizationId } = input;
  refuseProtected({ userId: user.id, clientId });
  const connection = await findConnection(db, user.connectionId);
  if (!connection) return { kind: 'no_connection' };
  if (connection.strategy !== 'auth0' && !input.isNamed) return { kind: 'no_database' };
  if (!(await isConnectionEnabled(db, connection.id))) return { kind: 'not_enabled' };
  if (user.email === null) return { kind: 'no_address' };
  if (organizationId !== null && !(await findOrganization(db, organizationId))) {
    return { kind: 'no_organization' };
  }
  const link = { ...(await verificationLink(db, clientId, input.customDomain)), organizationId };
  const now = deps.clock.now();
  const job = await transaction(db, async (tx) => {
    if (!(await holdUsers(tx, [user.id])).has(user.id)) {
      throw new Refusal('user_not_found', 'The user does not exist.');
    }
    await queueVerification(deps, tx, { user, link, now });
    return finishedJob(tx, now);
  });
  deps.audit.record({
    type: 'svr',
    userId: user.id,
    userName: user.email,
    clientId: clientId ?? null,
  });
  return { kind: 'queued', job };
}

async function finishedJob(tx: Db, now: Date): Promise<Job> {
  const type = 'verification_email';
  const made = await insertJob(tx, { type, status: 'pending', request: {}, now });
  if (made.kind === 'taken') {
    throw new Error('A job without an idempotency key cannot exist already.');
  }
  await finishJob(tx, { jobId: made.job.id, now });
  return made.job;
}

/**
 * Returns the lifetime and target of the mail's link, from the template and the application.
 * @throws Refusal `invalid_body` if the application does not exist
 */
export async function verificationLink(
  db: Db,
  clientId: string | undefined,
  customDomain: string | undefined,
) {
  const client = clientId === undefined ? null : await findClient(db, clientId);
  if (clientId !== undefined && client === null) {
    throw new Refusal('invalid_body', 'The client does not exist');
  }
  return {
    ...(await linkSettings(db, 'verify_email', client)),
    clientId: client?.id ?? null,
    details: customDomain === undefined ? {} : { customDomain },
  };
}

/** Queues the mail, if the user has an address. */
export async function queueVerification(
  deps: ManageUsersDeps,
  tx: Db,
  {
    user,
    link,
    now,
  }: {
    user: User;
    link: Awaited<ReturnType<typeof verificationLink>> & { organizationId?: string | null };
    now: Date;
  },
): Promise<void> {
  if (user.email === null) return;
  const { id: accountId, email } = user;
  const { ticketKey } = deps;
  const mail = await confirmationMail(tx, { accountId, email, link, ticketKey, now });
  await queueMail(tx, deps.enqueue, [mail], now);
}
