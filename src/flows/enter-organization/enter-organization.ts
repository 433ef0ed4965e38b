import type { Clock } from '../../platform/clock/clock.ts';
import { type Db, transaction } from '../../platform/db/db.ts';
import type { Client } from '../../records/clients/clients.ts';
import { type Connection, findConnections } from '../../records/connections/connections.ts';
import type { Audit } from '../../records/logs/logs.ts';
import {
  addMembers,
  findOrganization,
  listEnabledConnections,
  type OrganizationConnection,
} from '../../records/organizations/organizations.ts';
import type { User } from '../../records/users/users.ts';
import { standingIn } from '../../steps/judge-standing/judge-standing.ts';

export { findTypedOrganization } from './find-typed-organization.ts';

export type EnterDeps = { db: Db; clock: Clock; audit: Audit };

/** An application's settings about organizations. */
export type OrganizationRules = {
  usage: 'deny' | 'allow' | 'require';
  /** How a user chooses an organization if the application names none. */
  prompt: 'no_prompt' | 'pre_login_prompt' | 'post_login_prompt';
};

/** Returns an application's settings about organizations, with the defaults filled in. */
export function organizationRules(client: Client): OrganizationRules {
  const { organization_usage: usage, organization_require_behavior: prompt } =
    client.settings.extra;
  return {
    usage: usage === 'allow' || usage === 'require' ? usage : 'deny',
    prompt: prompt === 'pre_login_prompt' || prompt === 'post_login_prompt' ? prompt : 'no_prompt',
  };
}

/** A connection with which users may log in to an organization. */
export type EnabledDatabase = { connection: Connection; settings: OrganizationConnection };

/**
 * Returns the connections of an organization, in its order. They apply at every application that allows organizations, even if the
 * application may not use them otherwise: the organization decides how its members log in.
 */
export async function enabledDatabases(db: Db, organizationId: string): Promise<EnabledDatabase[]> {
  const page = { organizationId, offset: 0, limit: 1000 };
  const { connections } = await listEnabledConnections(db, page);
  const found = await findConnections(
    db,
    connections.map((settings) => settings.connectionId),
  );
  return connections.flatMap((settings) => {
    const connection = found.get(settings.connectionId);
    return connection ? [{ connection, settings }] : [];
  });
}

export type Entry = { kind: 'entered' } | { kind: 'stranger' | 'foreign_store' };

/**
 * Admits a user who has just logged in, or already was, to an organization: as a member, or by joining if the connection admits
 * everybody. An invitation is accepted before. Safe to repeat.
 */
export async function enterOrganization(
  deps: EnterDeps,
  input: { organizationId: string; user: User; clientId: string },
): Promise<Entry> {
  const { db, clock } = deps;
  const { organizationId, user } = input;
  const standing = await standingIn(db, input);
  if (standing.kind === 'foreign_store') return { kind: 'foreign_store' };
  if (standing.kind === 'member') return { kind: 'entered' };
  if (standing.kind === 'stranger') return { kind: 'stranger' };
  const joined = await transaction(db, async (tx) => {
    if ((await findOrganization(tx, organizationId)) === null) return null;
    return addMembers(tx, { organizationId, userIds: [user.id], now: clock.now() });
  });
  if (joined?.kind !== 'added') return { kind: 'stranger' };
  noteMember(deps, input);
  return { kind: 'entered' };
}

function noteMember(
  { audit }: EnterDeps,
  input: { organizationId: string; user: User; clientId: string },
): void {
  audit.record({
    type: 'organization_member_added',
    description: 'Joined by logging in',
    userId: input.user.id,
    clientId: input.clientId,
    organizationId: input.organizationId,
  });
}

/** Returns Auth0's message. */
export function notPartOf(userId: string, organizationId: string): string {
  return `user ${userId} is not part of the ${organizationId} organization`;
}
