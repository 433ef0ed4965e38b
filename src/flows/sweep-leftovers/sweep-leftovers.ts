import type { Clock } from '../../platform/clock/clock.ts';
import type { Db } from '../../platform/db/db.ts';
import { deleteOldExecutions } from '../../records/actions/actions.ts';
import { deleteOldExportNames } from '../../records/exports/exports.ts';
import { deleteEndedChallenges } from '../../records/factor-challenges/factor-challenges.ts';
import { deleteEndedFlows } from '../../records/invitation-flows/invitation-flows.ts';
import {
  deleteEmptyCampaigns,
  deleteOldAcceptingLogins,
  deleteOldInvitations,
} from '../../records/invitations/invitations.ts';
import { deleteFinishedJobs } from '../../records/jobs/jobs.ts';
import { deleteEndedLoginHandoffs } from '../../records/login-handoffs/login-handoffs.ts';
import { deleteLogs } from '../../records/logs/logs.ts';
import {
  deleteOldInvitationMails,
  deleteOldMailsToNobody,
  deleteOldMessages,
} from '../../records/messages/messages.ts';
import { deleteEndedMfaTokens } from '../../records/mfa-tokens/mfa-tokens.ts';
import {
  deleteEpochsOfGone,
  deleteExpiredPayloads,
} from '../../records/oidc-payloads/oidc-payloads.ts';
import { deleteExpiredPasswordlessCodes } from '../../records/passwordless-codes/passwordless-codes.ts';
import { deleteExpiredPasswordlessLinks } from '../../records/passwordless-links/passwordless-links.ts';
import { deleteEndedPendingLogins } from '../../records/pending-logins/pending-logins.ts';
import { deleteEndedProviderLogins } from '../../records/provider-logins/provider-logins.ts';
import { deleteFullBuckets } from '../../records/rate-limits/rate-limits.ts';
import { deleteOldScriptRuns } from '../../records/script-runs/script-runs.ts';
import { deleteEndedSignUps } from '../../records/sign-ups/sign-ups.ts';
import {
  deleteEndedBlocks,
  deleteEndedThrottles,
  deleteOldPlaces,
} from '../../records/throttles/throttles.ts';
import { deleteOldTickets } from '../../records/tickets/tickets.ts';
import { deleteEndedWebAuthnChallenges } from '../../records/webauthn-challenges/webauthn-challenges.ts';

const BATCH = 1000;
// More than a busy server leaves behind between two sweeps, and still a short run.
const MOST_BATCHES = 100;
const DAY_MS = 24 * 3600 * 1000;
// Reports hold email addresses: kept long enough to be read after a weekend, no longer.
const JOBS_KEPT_MS = 7 * DAY_MS;

/** An ended link says why it ended for this long. Mails are listed for this long. */
const LINKS_KEPT_MS = 30 * DAY_MS;
const MAILS_KEPT_MS = 30 * DAY_MS;
/** As long as at Auth0. */
const EXECUTIONS_KEPT_MS = 10 * DAY_MS;
/** Invitations are the record of who was invited. Counted from the invitation's end. */
const INVITATIONS_KEPT_MS = 365 * DAY_MS;
const INVITATION_MAILS_KEPT_MS = 2 * INVITATIONS_KEPT_MS;
/** Access tokens, ID tokens that link accounts and remembered browsers live up to 30 days. One day is added for clock differences. */
const EPOCHS_KEPT_MS = 31 * DAY_MS;
/** People edit and import files long after their export. */
const EXPORT_NAMES_KEPT_MS = 365 * DAY_MS;

type Remove = (db: Db, over: { before: Date; limit: number }) => Promise<number>;

/** Deletes expired rows, in batches, so that no transaction locks many rows for long. */
export async function sweepLeftovers(deps: {
  db: Db;
  clock: Clock;
  logRetentionDays: number;
}): Promise<void> {
  const now = deps.clock.now();
  await deleteFinishedJobs(deps.db, { before: new Date(now.getTime() - JOBS_KEPT_MS), limit: 10 });
  const past = (ms: number, remove: Remove): Remove => {
    const before = new Date(now.getTime() - ms);
    return (db, { limit }) => remove(db, { before, limit });
  };
  for (const remove of [
    deleteExpiredPayloads,
    deleteEndedLoginHandoffs,
    deleteOldAcceptingLogins,
    deleteEndedThrottles,
    deleteExpiredPasswordlessCodes,
    deleteExpiredPasswordlessLinks,
    deleteEndedBlocks,
    deleteOldPlaces,
    deleteEndedChallenges,
    deleteEndedWebAuthnChallenges,
    deleteEndedMfaTokens,
    deleteEndedPendingLogins,
    deleteEndedProviderLogins,
    deleteEndedFlows,
    deleteEndedSignUps,
    past(deps.logRetentionDays * DAY_MS, deleteLogs),
    past(LINKS_KEPT_MS, deleteOldTickets),
    past(EXECUTIONS_KEPT_MS, deleteOldExecutions),
    past(EXECUTIONS_KEPT_MS, deleteOldScriptRuns),
    past(MAILS_KEPT_MS, deleteOldMessages),
    past(DAY_MS, deleteOldMailsToNobody),
    past(INVITATION_MAILS_KEPT_MS, deleteOldInvitationMails),
    past(EXPORT_NAMES_KEPT_MS, deleteOldExportNames),
    past(INVITATIONS_KEPT_MS, deleteOldInvitations),
    past(EPOCHS_KEPT_MS, deleteEpochsOfGone),
    past(INVITATIONS_KEPT_MS, deleteEmptyCampaigns),
    deleteFullBuckets,
  ]) {
    let removed = BATCH;
    for (let batch = 0; batch < MOST_BATCHES && removed === BATCH; batch++) {
      removed = await remove(deps.db, { before: now, limit: BATCH });
    }
  }
}
