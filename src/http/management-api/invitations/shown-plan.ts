import { Type } from 'typebox';
import {
  type Campaign,
  type CampaignPlan,
  emailPolicyOf,
  grantsOf,
  type Invitation,
  profileSchemaOf,
} from '../../../records/invitations/invitations.ts';
import { freeObject, oneOf } from '../route/route.ts';
import { acceptanceProperties } from './plan-properties.ts';

const ids = Type.Optional(Type.Array(Type.String()));

/** The part of an invitation that its plan says, as clients see it. What this person alone gets is in it. */
export const shownPlan = {
  inviter: Type.Optional(Type.Object({ name: Type.String() })),
  result_url: Type.Optional(Type.String()),
  roles: ids,
  organization_id: Type.Optional(Type.String()),
  member_roles: ids,
  connections: ids,
  permissions: acceptanceProperties.permissions,
  data: acceptanceProperties.data,
  app_metadata: Type.Optional(freeObject('Merged into `app_metadata` on acceptance')),
  user_metadata: Type.Optional(freeObject('Merged into `user_metadata` on acceptance')),
  template_data: Type.Optional(freeObject('Variables for the email template')),
  invitee_may: oneOf(['any_proof', 'link_only'], {
    description:
      'Ways to accept the invitation: with the link only, or also by signing in with the verified email address',
  }),
  email_policy: oneOf(['same', 'same_domain', 'any_verified'], {
    description:
      'Account that can accept: with the same address, of the same domain, or any verified',
  }),
  existing_users: oneOf(['ask', 'grant'], {
    description: 'What happens to people who have an account with a verified email address',
  }),
  create_user: oneOf(['on_invite', 'on_accept'], {
    description: 'When people without an account get one',
  }),
  profile_schema: Type.Optional(freeObject('JSON Schema of the fields that people fill in')),
  factors: Type.Optional(Type.Object({ required: Type.Array(Type.String()) })),
  renewable: Type.Boolean({
    description: 'Whether the person can request a new link when the link has expired',
  }),
};

const NO_PLAN: CampaignPlan = { ttlSec: 0, markEmailVerified: true };

/** The same in wire format. */
export function toShownPlan(invitation: Invitation, campaign: Campaign | undefined) {
  const plan = campaign?.plan ?? NO_PLAN;
  const { inviter, resultUrl, roles, memberRoles } = plan;
  const profileSchema = profileSchemaOf(plan);
  const { appMetadata, userMetadata } = grantsOf(invitation, { plan });
  const templateData = { ...plan.templateData, ...invitation.data?.templateData };
  return {
    ...(inviter && { inviter }),
    ...(resultUrl !== undefined && { result_url: resultUrl }),
    ...(roles && { roles }),
    ...(invitation.organizationId !== null && { organization_id: invitation.organizationId }),
    ...(memberRoles && { member_roles: memberRoles }),
    ...(hasAny(appMetadata) && { app_metadata: appMetadata }),
    ...(hasAny(userMetadata) && { user_metadata: userMetadata }),
    ...(hasAny(templateData) && { template_data: templateData }),
    ...(profileSchema && { profile_schema: profileSchema }),
    ...(plan.factors && { factors: plan.factors }),
    invitee_may: plan.inviteeMay ?? ('any_proof' as const),
    existing_users: plan.existingUsers ?? ('ask' as const),
    create_user: plan.createUser ?? ('on_invite' as const),
    ...toAcceptance(invitation, plan),
  };
}

/** The wire form of what {@link acceptanceProperties} say. */
export function toAcceptance(invitation: Invitation, plan: CampaignPlan) {
  const { permissions, data } = grantsOf(invitation, { plan });
  return {
    ...(plan.connectionIds && { connections: plan.connectionIds }),
    ...(permissions.length > 0 && {
      permissions: permissions.map(({ apiIdentifier, name }) => ({
        resource_server_identifier: apiIdentifier,
        permission_name: name,
      })),
    }),
    ...(data && { data }),
    email_policy: emailPolicyOf(plan),
    renewable: plan.renewable ?? true,
  };
}

function hasAny(value: Record<string, unknown>): boolean {
  return Object.keys(value).length > 0;
}
