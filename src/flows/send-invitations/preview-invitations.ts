import type { Clock } from '../../platform/clock/clock.ts';
import type { Db } from '../../platform/db/db.ts';
import {
  type CampaignPlan,
  invitationStatesOf,
  invitedAddresses,
} from '../../records/invitations/invitations.ts';
import { refuseProtected } from '../../steps/refuse-protected/refuse-protected.ts';
import { type RowResult, refusal } from './invite-batch.ts';
import { leaveOutActive } from './leave-out.ts';
import { findPeople, type LeftOut, type Person } from './people.ts';
import { portionsOf, type Source } from './sources.ts';

/** What a request to invite would do. */
export type InvitationPreview = {
  total: number;
  wouldInvite: number;
  alreadyInvited: number;
  refused: number;
  leftOut: Record<LeftOut, number>;
  /** The first people that the request would invite. */
  people: { email: string; userId: string | null }[];
  /** The first rows that the request would refuse. */
  refusals: RowResult[];
};

const SHOWN = 20;

/** Returns whom a request would invite and whom not. Reads a batch at a time and writes nothing. */
export async function previewInvitations(
  { db, clock }: { db: Db; clock: Clock },
  request: {
    connectionId: string;
    source: Source;
    clientId: string | null;
    includeActive: boolean;
    plan: Pick<CampaignPlan, 'emailPolicy'>;
  },
): Promise<InvitationPreview> {
  const { connectionId, source, clientId, includeActive, plan } = request;
  refuseProtected({ connectionId, clientId });
  const found: InvitationPreview = {
    total: 0,
    wouldInvite: 0,
    alreadyInvited: 0,
    refused: 0,
    leftOut: { has_password: 0, has_logged_in: 0, has_accepted: 0, has_declined: 0 },
    people: [],
    refusals: [],
  };
  // Only a list can name a person twice, and a list has a maximum length.
  const seen = source.kind === 'list' ? new Set<string>() : null;
  for await (const rows of portionsOf(db, { connectionId, source })) {
    const now = clock.now();
    const firstRow = found.total + 1;
    const people = await findPeople(db, {
      connectionId,
      jobId: '',
      firstRow,
      rows,
      strangers: 'keep',
      plan,
      now,
    });
    if (!includeActive) await leaveOutActive(db, { people, clientId, now });
    const userIds = people.flatMap(({ user }) => user?.id ?? []);
    const { open } = await invitationStatesOf(db, { userIds, clientKey: clientId ?? '', now });
    const emails = people.flatMap(({ user, asked }) => (user === null ? (asked.email ?? []) : []));
    const addresses = { emails, clientKey: clientId ?? '', connectionId, now };
    for (const email of await invitedAddresses(db, addresses)) open.add(email);
    for (const person of people) countIn(found, person, { open, seen });
  }
  return found;
}

function countIn(
  found: InvitationPreview,
  person: Person,
  { open, seen }: { open: Set<string>; seen: Set<string> | null },
): void {
  const { row, user, asked, problem, leftOut } = person;
  const email = user?.email ?? asked.email ?? '';
  const userId = user?.id ?? null;
  found.total += 1;
  if (problem !== null) {
    found.refused += 1;
    if (found.refusals.length < SHOWN)
      found.refusals.push({ row, email: email || null, userId, ...refusal(person) });
  } else if (leftOut !== null) found.leftOut[leftOut] += 1;
  else if (open.has(userId ?? email) || seen?.has(userId ?? email)) found.alreadyInvited += 1;
  else {
    found.wouldInvite += 1;
    if (found.people.length < SHOWN) found.people.push({ email, userId });
  }
  seen?.add(userId ?? email);
}
