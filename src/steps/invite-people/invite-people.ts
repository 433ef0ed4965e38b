import type { Db } from '../../platform/db/db.ts';
import { isPublicMail } from '../../platform/email-address/email-address.ts';
import {
  type Campaign,
  type CampaignPlan,
  emailPolicyOf,
  findCampaignOfJob,
  findCampaigns,
  findInvitation,
  type Invitation,
  insertInvitations,
  reopenInvitation,
} from '../../records/invitations/invitations.ts';
import { latestMessages, type NewMessage } from '../../records/messages/messages.ts';
import { holdOrganization } from '../../records/organizations/organizations.ts';

/** A user or an address to invite, with what the invitation says and gives only to this person. */
export type Invitee = Parameters<typeof insertInvitations>[1]['rows'][number];

/** The outcome for one person. `already` means that a valid invitation to the same application is open. */
export type Invited = Awaited<ReturnType<typeof insertInvitations>>[number];

/** `publicDomain`: everybody can have an address of this domain, so that the policy `same_domain` would let strangers accept. */
export type InvitationObstacle = 'noEmail' | 'blocked' | 'publicDomain';

/** Returns why a person, or an address, cannot be invited with this plan, or `null`. */
export function invitationObstacle(
  person: { email: string | null; blocked: boolean | null | undefined },
  plan: Pick<CampaignPlan, 'emailPolicy'>,
): InvitationObstacle | null {
  const { email, blocked } = person;
  if (email === null) return 'noEmail';
  if (blocked === true) return 'blocked';
  return emailPolicyOf(plan) === 'same_domain' && isPublicMail(email) ? 'publicDomain' : null;
}

/** What a person reads about an address that the policy `same_domain` does not take. */
export const PUBLIC_DOMAIN =
  'Everybody can have an address of this domain, so that anybody could accept with the policy same_domain. Use the policy same.';

/** Returns the campaign under which a job invites. Read it in each transaction that invites: its application may have been deleted. */
export async function campaignOfJob(tx: Db, jobId: string): Promise<Campaign> {
  const campaign = await findCampaignOfJob(tx, jobId);
  if (!campaign) throw new Error(`The campaign of ${jobId} does not exist.`);
  return campaign;
}

/**
 * Keeps the organization of a plan from being deleted until the transaction ends. Returns false if it is gone: a job that began before its
 * deletion must end all the same.
 */
export async function holdInvitedOrganization(
  tx: Db,
  { organizationId }: Campaign['plan'],
): Promise<boolean> {
  return organizationId === undefined || holdOrganization(tx, organizationId);
}

/**
 * Invites up to a thousand people under one campaign, in the caller's transaction. The caller has checked that nothing is in their way, and
 * holds the organization.
 * @returns one outcome per person, in their order, and the mails with the links: queue them in the same transaction, or hand out the links
 */
export async function invitePeople(
  tx: Db,
  input: {
    campaign: Pick<Campaign, 'id' | 'clientId' | 'connectionId' | 'plan'>;
    people: Invitee[];
    ticketKey: Buffer;
    now: Date;
  },
): Promise<{ outcomes: Invited[]; mails: NewMessage[] }> {
  const { campaign, people, ticketKey, now } = input;
  if (people.length === 0) return { outcomes: [], mails: [] };
  const outcomes = await insertInvitations(tx, {
    campaignId: campaign.id,
    rows: people,
    clientKey: campaign.clientId ?? '',
    connectionId: campaign.connectionId,
    organizationId: campaign.plan.organizationId ?? null,
    ttlSeconds: campaign.plan.ttlSec,
    now,
    ticketKey,
  });
  const mails = people.flatMap(({ userId, email }, index) => {
    const outcome = outcomes[index];
    return outcome?.kind === 'invited'
      ? [mailOf({ id: outcome.id, campaignId: campaign.id, userId, email })]
      : [];
  });
  return { outcomes, mails };
}

/**
 * Invites a person again, in the caller's transaction: with the same link while it works, with a new one after it has expired.
 * @returns the mail with the link: queue it in the same transaction. No mail if the last one still waits, because it will carry the link.
 */
export async function inviteAgain(
  tx: Db,
  { id, ticketKey, now }: { id: string; ticketKey: Buffer; now: Date },
): Promise<
  | { kind: 'open'; invitation: Invitation; mails: NewMessage[] }
  | { kind: 'closed'; state: string }
  | { kind: 'missing' }
> {
  const found = await findInvitation(tx, id);
  if (!found) return { kind: 'missing' };
  const [campaign] = await findCampaigns(tx, [found.campaignId]);
  const ttlSeconds = campaign?.plan.ttlSec ?? 0;
  const outcome = await reopenInvitation(tx, { id, now, ttlSeconds, ticketKey });
  if (outcome.kind !== 'open') return outcome;
  const { invitation } = outcome;
  const last = (await latestMessages(tx, [id])).get(id);
  const isWaiting = last?.state === 'queued' && last.attempts === 0;
  return { kind: 'open', invitation, mails: isWaiting ? [] : [mailOf(invitation)] };
}

function mailOf(
  invitation: Pick<Invitation, 'id' | 'campaignId' | 'userId' | 'email'>,
): NewMessage {
  return {
    template: 'user_invitation',
    recipient: invitation.email,
    userId: invitation.userId,
    invitationId: invitation.id,
    campaignId: invitation.campaignId,
  };
}
