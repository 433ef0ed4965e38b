import type { Db } from '../../platform/db/db.ts';
import { profileSchemaProblem } from '../../platform/profile-schema/profile-schema.ts';
import { Refusal } from '../../platform/refusal/refusal.ts';
import { findClient } from '../../records/clients/clients.ts';
import { findConnections, isConnectionEnabledFor } from '../../records/connections/connections.ts';
import { unavailableFactors } from '../../records/factor-settings/factor-settings.ts';
import {
  type CampaignPlan,
  isSmallData,
  MAX_DATA_BYTES,
} from '../../records/invitations/invitations.ts';
import {
  findEnabledConnection,
  findOrganization,
} from '../../records/organizations/organizations.ts';
import { findResourceServer } from '../../records/resource-servers/resource-servers.ts';
import { missingRoles } from '../../records/roles/roles.ts';

/** Attributes of a user. A field with such a name would go to `user_metadata`, where nobody expects it. */
const OTHER_ATTRIBUTES = new Set([
  'app_metadata',
  'blocked',
  'connection',
  'created_at',
  'email',
  'email_verified',
  'identities',
  'last_ip',
  'last_login',
  'logins_count',
  'multifactor',
  'password',
  'phone_number',
  'phone_verified',
  'picture',
  'updated_at',
  'user_id',
  'user_metadata',
  'username',
]);

/** A plan with the application and the connection that people are invited to. */
export type PlanToCheck = {
  plan: CampaignPlan;
  clientId: string | null;
  connectionId: string | null;
};

/**
 * Checks what a plan refers to, and refuses what could have no effect. Everybody who stores a plan asks here.
 * @throws Refusal `invalid_body`
 */
export async function checkPlan(db: Db, asked: PlanToCheck): Promise<void> {
  const { plan, connectionId } = asked;
  if (plan.organizationId !== undefined) await checkOrganization(db, asked, plan.organizationId);
  else if (plan.memberRoles)
    throw wrong("'member_roles' are roles in an organization. Name it in 'organization_id'.");
  await checkRoles(db, [...(plan.roles ?? []), ...(plan.memberRoles ?? [])]);
  await checkPermissions(db, plan.permissions ?? []);
  if (plan.data && !isSmallData(plan.data)) {
    throw wrong(
      `'data' has ${Buffer.byteLength(JSON.stringify(plan.data))} bytes as JSON. It must not exceed ${MAX_DATA_BYTES}.`,
    );
  }
  if (plan.profileSchema) {
    const problem = profileSchemaProblem(plan.profileSchema);
    if (problem !== null) throw wrong(`profile_schema: ${problem}`);
    const names = Object.keys(Object(plan.profileSchema.properties));
    const taken = names.find((name) => OTHER_ATTRIBUTES.has(name));
    if (taken !== undefined) {
      throw wrong(
        `profile_schema: '${taken}' cannot be the name of a field, because people cannot enter this attribute of their user. Choose another name.`,
      );
    }
  }
  const [unavailable] = await unavailableFactors(db, plan.factors?.required ?? []);
  if (unavailable !== undefined) {
    throw wrong(`The second factor '${unavailable}' is not enabled, so nobody could enroll it.`);
  }
  if (plan.connectionIds === undefined) return;
  await checkConnections(db, asked, plan.connectionIds);
  const makesUsers = plan.createUser !== 'on_accept';
  if (makesUsers && connectionId !== null && !plan.connectionIds.includes(connectionId)) {
    throw wrong(
      `Users are created in the connection ${connectionId}, with which the plan lets nobody accept. Add it, or create users on acceptance.`,
    );
  }
}

async function checkOrganization(
  db: Db,
  { clientId, connectionId }: PlanToCheck,
  organizationId: string,
): Promise<void> {
  if (!(await findOrganization(db, organizationId))) {
    throw wrong(`The organization ${organizationId} does not exist.`);
  }
  if (clientId === null) throw wrong('An invitation to an organization needs an application.');
  const client = await findClient(db, clientId);
  if (!['allow', 'require'].includes(String(client?.settings.extra.organization_usage))) {
    throw wrong(
      `The application ${clientId} does not allow organizations. Set its 'organization_usage' to 'allow'.`,
    );
  }
  if (connectionId === null) return;
  if (!(await findEnabledConnection(db, { organizationId, connectionId }))) {
    throw wrong(`The connection ${connectionId} is not enabled for the organization.`);
  }
}

async function checkRoles(db: Db, ids: string[]): Promise<void> {
  const [missing] = await missingRoles(db, ids);
  if (missing === undefined) return;
  const hint = missing.startsWith('rol_') ? '' : ' Send the ids of roles, which begin with rol_.';
  throw wrong(`The role ${missing} does not exist.${hint}`);
}

async function checkPermissions(
  db: Db,
  permissions: NonNullable<CampaignPlan['permissions']>,
): Promise<void> {
  for (const identifier of new Set(permissions.map((each) => each.apiIdentifier))) {
    const api = await findResourceServer(db, identifier);
    if (api?.identifier !== identifier) throw wrong(`The API ${identifier} does not exist.`);
    const known = new Set(api.scopes.map((scope) => scope.value));
    for (const { apiIdentifier, name } of permissions) {
      if (apiIdentifier !== identifier || known.has(name)) continue;
      throw wrong(`The API ${identifier} has no permission ${name}.`);
    }
  }
}

async function checkConnections(
  db: Db,
  { plan, clientId }: PlanToCheck,
  ids: string[],
): Promise<void> {
  const { organizationId } = plan;
  const found = await findConnections(db, ids);
  for (const connectionId of ids) {
    if (!found.has(connectionId)) throw wrong(`The connection ${connectionId} does not exist.`);
    const isEnabled =
      organizationId !== undefined
        ? (await findEnabledConnection(db, { organizationId, connectionId })) !== null
        : clientId === null || (await isConnectionEnabledFor(db, { connectionId, clientId }));
    if (isEnabled) continue;
    const where = organizationId === undefined ? 'application' : 'organization';
    throw wrong(`The connection ${connectionId} is not enabled for the ${where}.`);
  }
}

function wrong(message: string): Refusal {
  return new Refusal('invalid_body', message);
}
