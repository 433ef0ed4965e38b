import type { Db } from '../../platform/db/db.ts';
import { canonicalEmail } from '../../platform/email-address/email-address.ts';
import { newObjectId } from '../../platform/ids/ids.ts';
import type { CampaignPlan } from '../../records/invitations/invitations.ts';
import type { RowError } from '../../records/segments/segments.ts';
import {
  findUsers,
  findUsersByEmails,
  holdUsers,
  INVITED_STATUS,
  insertUsersInBulk,
  type User,
} from '../../records/users/users.ts';
import {
  holdInvitedOrganization,
  invitationObstacle,
  PUBLIC_DOMAIN,
} from '../../steps/invite-people/invite-people.ts';

/** A person to invite, as the request names them: by address (a user is created if none exists) or by id. */
export type RecipientRow = {
  email?: string;
  userId?: string;
  name?: string;
  givenName?: string;
  familyName?: string;
  nickname?: string;
  appMetadata?: Record<string, unknown>;
  userMetadata?: Record<string, unknown>;
  templateData?: Record<string, unknown>;
  /** See `CampaignPlan.data`. */
  data?: Record<string, unknown>;
};

/** A recipient, or the reason why the row cannot be one. */
export type ListedRow = { kind: 'row'; row: RecipientRow } | { kind: 'bad'; problem: RowError };

/** Why a user can already log in, and so needs no invitation. */
export type LeftOut = 'has_password' | 'has_logged_in' | 'has_accepted' | 'has_declined';

export type Person = {
  /** Row number from 1, over the whole list. */
  row: number;
  asked: RecipientRow;
  user: User | null;
  isNew: boolean;
  problem: RowError | null;
  /** The reason if the user can already log in and is not invited for that reason. */
  leftOut: LeftOut | null;
};

const problems = {
  invalidEmail: { code: 'INVALID_FORMAT', message: 'The email is not valid', path: 'email' },
  unknown: { code: 'USER_NOT_FOUND', message: 'The user does not exist.', path: 'user_id' },
  elsewhere: {
    code: 'WRONG_CONNECTION',
    message: 'The user belongs to another connection.',
    path: 'user_id',
  },
  noEmail: { code: 'NO_EMAIL', message: 'The user does not have an email address.' },
  blocked: { code: 'USER_BLOCKED', message: 'The user is blocked.' },
  conflict: { code: 'CONFLICT', message: 'The user could not be created.' },
  publicDomain: { code: 'PUBLIC_DOMAIN', message: PUBLIC_DOMAIN, path: 'email' },
  organization: { code: 'ORGANIZATION_DELETED', message: 'The organization was deleted.' },
} satisfies Record<string, RowError>;

type Input = {
  connectionId: string;
  jobId: string;
  firstRow: number;
  rows: ListedRow[];
  /** What becomes of addresses without a user: one is made, they stay without one, or they are refused. */
  strangers: 'make' | 'keep' | 'refuse';
  /** The plan of the invitations. Absent: the people get something else. */
  plan?: Pick<CampaignPlan, 'emailPolicy'>;
  now: Date;
};

/**
 * Finds the users of a batch. Creates the missing ones with an unverified email and no password, if the request says so. Locks all of them
 * against deletion until the commit.
 */
export async function findPeople(tx: Db, input: Input): Promise<Person[]> {
  const { plan = {} } = input;
  const people = input.rows.map((listed, index): Person => {
    const asked = listed.kind === 'row' ? normal(listed.row) : {};
    const problem = listed.kind === 'bad' ? listed.problem : addressProblem(asked, plan);
    return { row: input.firstRow + index, asked, user: null, isNew: false, problem, leftOut: null };
  });
  const open = people.filter((person) => person.problem === null);
  await attachById(tx, open, input.connectionId);
  await attachByEmail(tx, open, input);
  const there = await holdUsers(
    tx,
    open.flatMap(({ user }) => user?.id ?? []),
  );
  for (const person of people) {
    if (person.problem !== null) continue;
    if (person.user === null) {
      if (input.strangers === 'make') person.problem = problems.conflict;
    } else if (!there.has(person.user.id)) person.problem = problems.unknown;
    else {
      const obstacle = invitationObstacle(person.user, plan);
      if (obstacle !== null) person.problem = problems[obstacle];
    }
  }
  return people;
}

/** Returns why nobody can be invited at the address of a row, or `null`. */
function addressProblem(
  { email = '', userId }: RecipientRow,
  plan: Pick<CampaignPlan, 'emailPolicy'>,
): RowError | null {
  if (userId !== undefined) return null;
  if (canonicalEmail(email) === null) return problems.invalidEmail;
  const obstacle = invitationObstacle({ email, blocked: null }, plan);
  return obstacle === null ? null : problems[obstacle];
}

/** Refuses the people of a batch, because the organization that they were to be invited to is gone. */
export function refuseAll(people: Person[]): void {
  for (const person of people) person.problem ??= problems.organization;
}

/** Returns what a plan does with addresses without a user. It makes no users for an organization that is gone. */
export async function strangersOf(tx: Db, plan: CampaignPlan): Promise<Input['strangers']> {
  const isOpen = await holdInvitedOrganization(tx, plan);
  return plan.createUser === 'on_accept' || !isOpen ? 'keep' : 'make';
}

function normal(row: RecipientRow): RecipientRow {
  return row.email === undefined ? row : { ...row, email: canonicalEmail(row.email) ?? row.email };
}

async function attachById(tx: Db, people: Person[], connectionId: string): Promise<void> {
  const ids = people.flatMap((person) => person.asked.userId ?? []);
  const users = new Map((await findUsers(tx, ids)).map((user) => [user.id, user]));
  for (const person of people) {
    if (person.asked.userId === undefined) continue;
    person.user = users.get(person.asked.userId) ?? null;
    if (person.user === null) person.problem = problems.unknown;
    else if (person.user.connectionId !== connectionId) person.problem = problems.elsewhere;
  }
}

async function attachByEmail(tx: Db, people: Person[], input: Input): Promise<void> {
  const { connectionId, jobId, now } = input;
  const byEmail = new Map<string, Person>();
  for (const person of people) {
    const { email, userId } = person.asked;
    if (userId === undefined && email !== undefined && !byEmail.has(email)) {
      byEmail.set(email, person);
    }
  }
  const emails = [...byEmail.keys()];
  const known = new Map<string, User>();
  const look = async (wanted: string[]) => {
    for (const user of await findUsersByEmails(tx, { connectionId, emails: wanted })) {
      known.set(user.email ?? '', user);
    }
  };
  await look(emails);
  // Sorted, so that two requests with the same people wait for each other instead of causing a deadlock.
  const missing = emails.filter((email) => !known.has(email)).sort();
  if (input.strangers === 'make' && missing.length > 0) {
    const users = missing.flatMap((email) => {
      const person = byEmail.get(email);
      return person ? [toNewUser(person, email, now)] : [];
    });
    const made = await insertUsersInBulk(tx, { connectionId, jobId, users, now });
    await look(missing);
    for (const email of missing) {
      const person = byEmail.get(email);
      const user = known.get(email);
      if (person && user && made.has(user.id)) person.isNew = true;
    }
  }
  for (const person of people) {
    const { email, userId } = person.asked;
    if (userId !== undefined || email === undefined) continue;
    person.user = known.get(email) ?? null;
    if (person.user === null && input.strangers === 'refuse') person.problem = problems.unknown;
  }
}

function toNewUser(person: Person, email: string, now: Date) {
  const { asked } = person;
  return {
    id: `auth0|${newObjectId(now)}`,
    email,
    ...(asked.name !== undefined && { name: asked.name }),
    ...(asked.givenName !== undefined && { givenName: asked.givenName }),
    ...(asked.familyName !== undefined && { familyName: asked.familyName }),
    ...(asked.nickname !== undefined && { nickname: asked.nickname }),
    // The metadata of the row are the invitation's: the acceptance gives them.
    appMetadata: INVITED_STATUS,
  };
}
