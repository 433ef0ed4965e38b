import type { Db } from '../../platform/db/db.ts';
import type { Enqueue } from '../../platform/tasks/tasks.ts';
import {
  type CampaignPlan,
  type InvitationData,
  insertInvitations,
} from '../../records/invitations/invitations.ts';
import type { NewMessage } from '../../records/messages/messages.ts';
import type { RowError } from '../../records/segments/segments.ts';
import { queueMail } from '../../steps/queue-mail/queue-mail.ts';
import { leaveOutActive } from './leave-out.ts';
import type { LeftOut, Person } from './people.ts';

/** The outcome for one recipient. Every job stores its rows in this shape. */
export type RowResult = {
  row: number;
  status: 'inserted' | 'updated' | 'failed';
  email: string | null;
  userId: string | null;
  invitation?: 'invited' | 'already_invited' | 'not_invited';
  invitationId?: string | null;
  /** The generation of a new link. Never stored. */
  generation?: number;
  /** Why a person was not invited, although an invitation was possible. */
  leftOut?: LeftOut;
  errors?: RowError[];
  echo?: Record<string, unknown> | null;
};

export type InvitePlan = {
  campaignId: string;
  clientId: string | null;
  plan: CampaignPlan;
  /** Whether to invite people who can already log in too. */
  includeActive: boolean;
  /** Whether to send the mails. If not, the caller gets the links. */
  mails: boolean;
};

/** Invites a batch and queues its mails, both in the caller's transaction. */
export async function invitePeople(
  deps: { ticketKey: Buffer; enqueue: Enqueue },
  tx: Db,
  input: InvitePlan & { people: Person[]; now: Date },
): Promise<RowResult[]> {
  const { campaignId, people, now } = input;
  if (!input.includeActive) await leaveOutActive(tx, { people, clientId: input.clientId, now });
  const wanted = people.flatMap((person) => {
    const { user, asked } = person;
    return user?.email && person.problem === null && person.leftOut === null
      ? [{ person, row: { userId: user.id, email: user.email, data: dataOf(asked) } }]
      : [];
  });
  const outcomes = await insertInvitations(tx, {
    campaignId,
    rows: wanted.map((each) => each.row),
    clientKey: input.clientId ?? '',
    ttlSec: input.plan.ttlSec,
    now,
    ticketKey: deps.ticketKey,
  });
  const byPerson = new Map(wanted.map((each, index) => [each.person, outcomes[index]]));
  const messages = wanted.flatMap(({ row }, index): NewMessage[] => {
    const outcome = outcomes[index];
    return outcome?.kind === 'invited'
      ? [
          {
            template: 'user_invitation',
            recipient: row.email,
            userId: row.userId,
            invitationId: outcome.id,
            campaignId,
          },
        ]
      : [];
  });
  if (input.mails && messages.length > 0) {
    await queueMail(tx, deps.enqueue, messages, now);
  }
  return people.map((person): RowResult => {
    const outcome = byPerson.get(person);
    const { row, user, asked } = person;
    const base = { row, email: user?.email ?? asked.email ?? null, userId: user?.id ?? null };
    const status = person.isNew ? 'inserted' : 'updated';
    if (person.leftOut !== null)
      return { ...base, status, invitation: 'not_invited', leftOut: person.leftOut };
    if (outcome === undefined) return { ...base, ...refusal(person) };
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
  const { templateData, appMetadata, userMetadata } = asked;
  if (!templateData && !appMetadata && !userMetadata) return null;
  return {
    ...(templateData && { templateData }),
    ...(appMetadata && { appMetadata }),
    ...(userMetadata && { userMetadata }),
  };
}
