import type { Keys } from '../../platform/crypto/crypto.ts';
import type { Db } from '../../platform/db/db.ts';
import type { Enqueue } from '../../platform/tasks/tasks.ts';
import type { CampaignPlan } from '../../records/invitations/invitations.ts';
import type { Audit } from '../../records/logs/logs.ts';
import { findUsers } from '../../records/users/users.ts';
import {
  grantAtOnce,
  noteAcceptance,
} from '../../steps/grant-what-was-promised/grant-what-was-promised.ts';
import {
  campaignOfJob,
  holdInvitedOrganization,
  invitationObstacle,
  invitePeople,
} from '../../steps/invite-people/invite-people.ts';
import { queueMail } from '../../steps/queue-mail/queue-mail.ts';
import type { RowOutcome } from './segment-codec.ts';

/**
 * Invites the users of one segment, in its transaction: an import that repeats after a crash invites nobody twice.
 * @returns what to do after the commit
 */
export async function inviteImported(
  deps: { keys: Keys; enqueue: Enqueue; audit: Audit },
  tx: Db,
  jobId: string,
  users: { outcome: RowOutcome; isBlocked: boolean }[],
  now: Date,
): Promise<() => void> {
  const campaign = await campaignOfJob(tx, jobId);
  const wanted = users.flatMap(({ outcome, isBlocked }) => {
    outcome.invitation = 'not_invited';
    const { userId, email } = outcome;
    const isOpen = invitationObstacle({ email, blocked: isBlocked }, campaign.plan) === null;
    return isOpen && userId !== null && email !== null ? [{ outcome, userId, email }] : [];
  });
  if (!(await holdInvitedOrganization(tx, campaign.plan))) return () => {};
  const { outcomes, mails } = await invitePeople(tx, {
    campaign,
    people: wanted.map(({ userId, email }) => ({ userId, email })),
    ticketKey: deps.keys.ticket,
    now,
  });
  const given = await knownBefore(tx, campaign.plan, wanted);
  const atOnce: { id: string; userId: string }[] = [];
  wanted.forEach(({ outcome, userId }, index) => {
    const invited = outcomes[index];
    outcome.invitation = invited?.kind === 'invited' ? 'invited' : 'already_invited';
    if (invited?.kind === 'invited' && given.has(userId)) {
      atOnce.push({ id: invited.id, userId });
    }
  });
  const granting = await grantAtOnce(tx, { campaign, wanted: atOnce, mails, now });
  await queueMail(tx, deps.enqueue, granting.mails, now);
  return () => {
    for (const accepted of granting.accepted) noteAcceptance(deps.audit, accepted);
  };
}

/** Returns the users whose account is older than the import and has a proved address, if the plan gives them everything at once. */
async function knownBefore(
  tx: Db,
  plan: CampaignPlan,
  users: { outcome: RowOutcome; userId: string }[],
): Promise<Set<string>> {
  if (plan.existingUsers !== 'grant') return new Set();
  const ids = users.flatMap(({ outcome, userId }) => (outcome.status === 'updated' ? userId : []));
  const known = await findUsers(tx, ids);
  return new Set(known.flatMap(({ id, emailVerified }) => (emailVerified ? id : [])));
}
