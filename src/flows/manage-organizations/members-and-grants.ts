import type { Clock } from '../../platform/clock/clock.ts';
import { type Db, transaction } from '../../platform/db/db.ts';
import { type ClientGrant, findGrantById } from '../../records/client-grants/client-grants.ts';
import {
  addClientGrant,
  addMembers,
  findOrganization,
  giveMemberRoles,
  removeClientGrant,
  removeMembers,
  takeMemberRoles,
} from '../../records/organizations/organizations.ts';

type Deps = { db: Db; clock: Clock };
type Members = { organizationId: string; userIds: string[] };
type MemberRoles = { organizationId: string; userId: string; roleIds: string[] };
type NoOrganization = { kind: 'no_organization' };

const isOrganization = async (db: Db, id: string) => (await findOrganization(db, id)) !== null;

/** Makes users members: all, or none if one of them does not exist. */
export async function addOrganizationMembers(
  { db, clock }: Deps,
  input: Members,
): Promise<Awaited<ReturnType<typeof addMembers>> | NoOrganization> {
  if (!(await isOrganization(db, input.organizationId))) return { kind: 'no_organization' };
  return transaction(db, (tx) => addMembers(tx, { ...input, now: clock.now() }));
}

/** Removes members, with their roles in the organization. A user who is not a member changes nothing. */
export async function removeOrganizationMembers(
  { db }: { db: Db },
  input: Members,
): Promise<{ kind: 'removed' } | NoOrganization> {
  if (!(await isOrganization(db, input.organizationId))) return { kind: 'no_organization' };
  await removeMembers(db, input);
  return { kind: 'removed' };
}

/** Gives a member roles that count within the organization: all, or none if one of them does not exist. */
export async function giveOrganizationRoles(
  { db, clock }: Deps,
  input: MemberRoles,
): Promise<Awaited<ReturnType<typeof giveMemberRoles>> | NoOrganization> {
  if (!(await isOrganization(db, input.organizationId))) return { kind: 'no_organization' };
  return transaction(db, (tx) => giveMemberRoles(tx, { ...input, now: clock.now() }));
}

/** Takes roles from a member. A role that the member does not have changes nothing. */
export async function takeOrganizationRoles(
  { db }: { db: Db },
  input: MemberRoles,
): Promise<{ kind: 'taken' } | NoOrganization> {
  if (!(await isOrganization(db, input.organizationId))) return { kind: 'no_organization' };
  await takeMemberRoles(db, input);
  return { kind: 'taken' };
}

/** Lets the application of a client grant call its API in the name of the organization. */
export async function addOrganizationGrant(
  { db, clock }: Deps,
  input: { organizationId: string; grantId: string },
): Promise<
  | { kind: 'added'; grant: ClientGrant }
  | { kind: 'duplicate' }
  | { kind: 'full' }
  | { kind: 'missing' }
  | NoOrganization
> {
  if (!(await isOrganization(db, input.organizationId))) return { kind: 'no_organization' };
  const grant = await findGrantById(db, input.grantId);
  if (grant === null) return { kind: 'missing' };
  const { kind } = await transaction(db, (tx) =>
    addClientGrant(tx, { ...input, now: clock.now() }),
  );
  return kind === 'added' ? { kind, grant } : { kind };
}

/** Takes a client grant from an organization. A repeat changes nothing. */
export async function removeOrganizationGrant(
  { db }: { db: Db },
  input: { organizationId: string; grantId: string },
): Promise<{ kind: 'removed' } | NoOrganization> {
  if (!(await isOrganization(db, input.organizationId))) return { kind: 'no_organization' };
  await removeClientGrant(db, input);
  return { kind: 'removed' };
}
