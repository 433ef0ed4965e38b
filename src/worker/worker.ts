import { acceptInvitationHandlers } from '../flows/accept-invitation/accept-invitation.ts';
import {
  type DeliverMailDeps,
  deliverMailHandlers,
  sweepMail,
} from '../flows/deliver-mail/deliver-mail.ts';
import {
  type ExportDeps,
  exportUsersHandlers,
  sweepExports,
} from '../flows/export-users/export-users.ts';
import {
  type ImportDeps,
  importUsersHandlers,
  sweepImports,
} from '../flows/import-users/import-users.ts';
import { logInHandlers } from '../flows/log-in/log-in.ts';
import {
  type RemovalDeps,
  removeInBatchesHandlers,
  sweepRemovals,
} from '../flows/remove-in-batches/remove-in-batches.ts';
import { resetPasswordHandlers } from '../flows/reset-password/reset-password.ts';
import {
  type AsyncActionsDeps,
  runAsyncActionsHandlers,
} from '../flows/run-async-actions/run-async-actions.ts';
import {
  type SendInvitationsDeps,
  sendInvitationsHandlers,
  sweepInvitations,
} from '../flows/send-invitations/send-invitations.ts';
import { type SignUpDeps, signUpHandlers } from '../flows/sign-up/sign-up.ts';
import { sweepLeftovers } from '../flows/sweep-leftovers/sweep-leftovers.ts';
import { verifyEmailHandlers } from '../flows/verify-email/verify-email.ts';
import { isDatabaseAway } from '../platform/db/db.ts';
import type { Registration } from '../platform/tasks/tasks.ts';

export type WorkerDeps = { logRetentionDays: number } & ImportDeps &
  DeliverMailDeps &
  SendInvitationsDeps &
  RemovalDeps &
  ExportDeps &
  SignUpDeps &
  AsyncActionsDeps;

/** Returns the handlers of all tasks, from the flows that own them. */
export function workerHandlers(deps: WorkerDeps): Registration[] {
  return [
    ...importUsersHandlers(deps),
    ...deliverMailHandlers(deps),
    ...sendInvitationsHandlers(deps),
    ...acceptInvitationHandlers(deps),
    ...resetPasswordHandlers(deps),
    ...verifyEmailHandlers(deps),
    ...logInHandlers(deps),
    ...signUpHandlers(deps),
    ...runAsyncActionsHandlers(deps),
    ...removeInBatchesHandlers(deps),
    ...exportUsersHandlers(deps),
  ];
}

const SWEEP_EVERY_MS = 10_000;

/**
 * Looks for lost work and expired rows at intervals, until stopped. The first look is immediate, so that a node resumes after a crash. Safe
 * to run on every node at the same time.
 */
export function startSweeps(deps: WorkerDeps): { stop(): Promise<void> } {
  const sweep = async () => {
    for (const each of [
      sweepImports,
      sweepInvitations,
      sweepRemovals,
      sweepExports,
      sweepMail,
      sweepLeftovers,
    ]) {
      await each(deps).catch((error: unknown) => {
        if (!isDatabaseAway(error)) deps.log.error({ err: error }, 'sweep');
      });
    }
  };
  let running: Promise<void> = sweep();
  const timer = setInterval(() => {
    running = running.then(sweep);
  }, SWEEP_EVERY_MS);
  return {
    async stop() {
      clearInterval(timer);
      await running;
    },
  };
}
