import type { Db } from '../../platform/db/db.ts';
import type {
  Campaign,
  CampaignPlan,
  InvitationData,
} from '../../records/invitations/invitations.ts';
import type { Audit } from '../../records/logs/logs.ts';
import type { NewMessage } from '../../records/messages/messages.ts';
import {
  grantAtOnce,
  noteAcceptance,
} from '../../steps/grant-what-was-promised/grant-what-was-promised.ts';
import {
  holdInvitedOrganization,
  type Invitee,
  invitePeople,
} from '../../steps/invite-people/invite-people.ts';
import type { SegmentOutcome } from '../../steps/run-segments/run-segments.ts';
import { leaveOutActive } from './leave-out.ts';
import { type LeftOut, type Person, refuseAll } from './people.ts';

/** The outcome for one recipient. */
export type RowResult = SegmentOutcome & {
  invitationId?: string | null;
  /** The generation of a new link. Never stored. */
  generation?: number;
  /** Why a person was not invited, although an invitation was possible. */
  leftOut?: LeftOut;
  /** The person had an account and got everything at once. */
  isGranted?: boolean;
};

type Wanted = { person: Person; invitee: Invitee };

/**
 * Invites a batch, in the caller's transaction.
 * @param input.includeActive whether to invite people who can already log in too
 * @returns the outcomes in the order of the people, the mails with the links, and what to do after the commit
 */
export async function inviteBatch(
  { audit }: { audit: Audit },
  tx: Db,
  input: {
    campaign: Pick<Campaign, 'id' | 'clientId' | 'connectionId' | 'plan'>;
    includeActive: boolean;
    people: Person[];
    ticketKey: Buffer;
    now: Date;
  },
): Promise<{ results: RowResult[]; mails: NewMessage[]; afterCommit: () => void }> {
  const { campaign, people, ticketKey, now } = input;
  if (!(await holdInvitedOrganization(tx, campaign.plan))) refuseAll(people);
  if (!input.includeActive) await leaveOutActive(tx, { people, clientId: campaign.clientId, now });
  const wanted = people.flatMap((person): Wanted[] => {
    const { user, asked, isNew } = person;
    const email = user === null ? asked.email : user.email;
    if (!email || person.problem !== null || person.leftOut !== null) return [];
    const invitee = { userId: user?.id ?? null, email, data: dataOf(asked), madeUser: isNew };
    return [{ person, invitee }];
  });
  const { outcomes, mails } = await invitePeople(tx, {
    campaign,
    people: wanted.map((each) => each.invitee),
    ticketKey,
    now,
  });
  const byPerson = new Map(wanted.map((each, index) => [each.person, outcomes[index]]));
  const atOnce = wanted.flatMap(({ person }) => {
    const outcome = byPerson.get(person);
    const { user } = person;
    const isGiven = outcome?.kind === 'invited' && isGivenAtOnce(campaign.plan, person);
    return isGiven && user !== null ? [{ id: outcome.id, userId: user.id }] : [];
  });
  const granting = await grantAtOnce(tx, { campaign, wanted: atOnce, mails, now });
  const granted = new Set(granting.accepted.map(({ invitation }) => invitation.id));
  const results = people.map((person): RowResult => {
    const outcome = byPerson.get(person);
    const { row, user, asked } = person;
    const base = { row, email: user?.email ?? asked.email ?? null, userId: user?.id ?? null };
    const status = person.isNew ? 'inserted' : 'updated';
    if (person.leftOut !== null)
      return { ...base, status, invitation: 'not_invited', leftOut: person.leftOut };
    if (outcome === undefined) return { ...base, ...refusal(person) };
    if (outcome.kind === 'invited' && granted.has(outcome.id)) {
      const isGranted = true;
      return { ...base, status, invitation: 'invited', isGranted, invitationId: outcome.id };
    }
    return outcome.kind === 'invited'
      ? {
          ...base,
          status,
          invitation: 'invited',
          invitationId: outcome.id,
          generation: outcome.generation,
        }
      : { ...base, status, invitation: 'already_invited', invitationId: outcome.id };
  });
  const afterCommit = () => {
    for (const accepted of granting.accepted) noteAcceptance(audit, accepted);
  };
  return { results, mails: granting.mails, afterCommit };
}

/** Returns whether the plan gives everything to this person without asking: the person has an account whose address is proved. */
function isGivenAtOnce(plan: CampaignPlan, { user, isNew }: Person): boolean {
  return plan.existingUsers === 'grant' && !isNew && user?.emailVerified === true;
}

/** Returns the form in which a refused row is stored. */
export function refusal(person: Person): Pick<RowResult, 'status' | 'errors' | 'echo'> {
  const { asked, problem } = person;
  return {
    status: 'failed',
    errors: problem ? [problem] : [],
    echo: {
      ...(asked.email !== undefined && { email: asked.email }),
      ...(asked.userId !== undefined && { user_id: asked.userId }),
    },
  };
}

function dataOf(asked: Person['asked']): InvitationData | null {
  const { templateData, appMetadata, userMetadata, data } = asked;
  if (!templateData && !appMetadata && !userMetadata && !data) return null;
  return {
    ...(templateData && { templateData }),
    ...(appMetadata && { appMetadata }),
    ...(userMetadata && { userMetadata }),
    ...(data && { data }),
  };
}
