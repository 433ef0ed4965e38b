import { type Static, Type } from 'typebox';
import {
  chooseApplication,
  type InvitationWarning,
} from '../../../flows/send-invitations/send-invitations.ts';
import type { Db } from '../../../platform/db/db.ts';
import { parseJson } from '../../../platform/json/json.ts';
import {
  type CampaignPlan,
  DEFAULT_INVITATION_TTL_SECONDS,
  keptProfileSchema,
} from '../../../records/invitations/invitations.ts';
import { checkPlan } from '../../../steps/check-plan/check-plan.ts';
import { refuseProtectedIn } from '../../../steps/refuse-protected/refuse-protected.ts';
import { refuseReserved } from '../metadata/metadata.ts';
import { badRequest, type Caller, closed, requireScope, validatorFor } from '../route/route.ts';
import { acceptanceProperties, planProperties } from './plan-properties.ts';

/** Problems that do not stop the request, for the caller to read. Absent if there are none. */
export const warningsSchema = Type.Optional(
  Type.Array(Type.Object({ code: Type.String(), message: Type.String() }), {
    description:
      'Problems that do not stop the request, such as an invitation without an application',
  }),
);

const planSchema = closed(planProperties);
const checkWire = validatorFor(planSchema, 'body');

export type WirePlan = Static<typeof planSchema>;

const acceptanceSchema = Type.Object(acceptanceProperties);
type WireAcceptance = Static<typeof acceptanceSchema>;

export type ReadPlan = {
  clientId: string | null;
  plan: CampaignPlan;
  /** Warnings for the caller, returned before or with the first mail. */
  warnings: InvitationWarning[];
};

/**
 * @throws ApiError 400 if the application or a role does not exist, or if the request does not determine the application
 */
export async function toPlan(
  db: Db,
  wire: WirePlan,
  { connectionId }: { connectionId: string },
): Promise<ReadPlan> {
  const { clientId, warnings } = await applicationOf(db, wire, connectionId);
  refuseReserved(wire.app_metadata);
  const plan: CampaignPlan = {
    ttlSec: wire.ttl_sec || DEFAULT_INVITATION_TTL_SECONDS,
    markEmailVerified: true,
    ...(wire.result_url !== undefined && { resultUrl: wire.result_url }),
    ...(wire.include_email_in_redirect !== undefined && {
      includeEmailInRedirect: wire.include_email_in_redirect,
    }),
    ...(wire.invitee_may === 'link_only' && { inviteeMay: wire.invitee_may }),
    ...(wire.roles && { roles: wire.roles }),
    ...(wire.app_metadata && { appMetadata: wire.app_metadata }),
    ...(wire.user_metadata && { userMetadata: wire.user_metadata }),
    ...(wire.template_data && { templateData: wire.template_data }),
    ...(wire.inviter && { inviter: wire.inviter }),
    ...(wire.organization_id !== undefined && { organizationId: wire.organization_id }),
    ...(wire.member_roles && { memberRoles: wire.member_roles }),
    ...(wire.existing_users === 'grant' && { existingUsers: wire.existing_users }),
    ...(wire.create_user === 'on_accept' && { createUser: wire.create_user }),
    ...(wire.profile_schema && keptProfileSchema(wire.profile_schema)),
    ...(wire.factors && { factors: wire.factors }),
    ...acceptanceOf(wire),
  };
  await checkPlan(db, { plan, clientId, connectionId });
  return { clientId, warnings, plan };
}

/**
 * Refuses a caller who may not give what a plan gives. A program that lets people into an organization needs the scope for invitations to
 * it, by every route.
 * @throws ApiError 403
 */
export function requireScopesOfPlan(caller: Caller, wire: WirePlan): void {
  requireScope(caller, ['create:invitations']);
  if (wire.organization_id !== undefined) requireScope(caller, ['create:organization_invitations']);
}

/** The part of a plan that {@link acceptanceProperties} say. Defaults are not stored. */
export function acceptanceOf(
  wire: WireAcceptance,
): Pick<CampaignPlan, 'connectionIds' | 'permissions' | 'data' | 'emailPolicy' | 'renewable'> {
  const { connections, permissions, data, email_policy: emailPolicy, renewable } = wire;
  return {
    ...(connections && { connectionIds: connections }),
    ...(permissions && {
      permissions: permissions.map((each) => ({
        apiIdentifier: each.resource_server_identifier,
        name: each.permission_name,
      })),
    }),
    ...(data && { data }),
    ...(emailPolicy !== undefined && emailPolicy !== 'same' && { emailPolicy }),
    ...(renewable === false && { renewable }),
  };
}

/**
 * Reads the `send_invitations` part of an import. Absent or `false`: no invitations. `true`: invitations with defaults.
 * Otherwise a plan as JSON.
 * @throws ApiError 400; 403 if the caller may import users, but not invite them
 */
export async function readInvitationPlan(
  db: Db,
  text: string | undefined,
  { caller, ...store }: { connectionId: string; caller: Caller },
): Promise<ReadPlan | null> {
  if (text === undefined || text === '' || text === 'false') return null;
  requireScopesOfPlan(caller, {});
  if (text === 'true') return toPlan(db, {}, store);
  let wire: unknown;
  try {
    wire = parseJson(text);
  } catch {
    throw badRequest(
      "Payload validation error: 'Expected true, false or a JSON object' on property send_invitations.",
    );
  }
  // The text of a form is not read before.
  refuseProtectedIn(wire);
  checkWire(wire);
  const asked = wire as WirePlan;
  requireScopesOfPlan(caller, asked);
  if (asked.create_user === undefined) return toPlan(db, asked, store);
  throw badRequest(
    "Payload validation error: 'create_user' has no effect on property send_invitations, because the import creates the users.",
  );
}

async function applicationOf(db: Db, wire: WirePlan, connectionId: string) {
  const leadsElsewhere = wire.result_url !== undefined;
  const choice = await chooseApplication(db, {
    asked: wire.client_id,
    connectionId,
    leadsElsewhere,
  });
  if (choice.kind === 'chosen') return choice;
  if (choice.kind === 'unknown') throw badRequest('The client does not exist', 'inexistent_client');
  const named = choice.clients.map(({ id, name }) => `${id} (${name})`).join(', ');
  throw badRequest(
    `Several applications use the connection: ${named}. Set client_id to one of them, or to null for none.`,
    'client_id_required',
  );
}
