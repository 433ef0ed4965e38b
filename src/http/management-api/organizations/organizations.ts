import type { InviteDeps } from '../../../flows/invite-to-organization/invite-to-organization.ts';
import type { Api, BaseDeps } from '../route/route.ts';
import { organizationClientGrantRoutes } from './organization-client-grants.ts';
import { organizationConnectionRoutes } from './organization-connections.ts';
import { organizationInvitationRoutes } from './organization-invitations.ts';
import { organizationMemberRoleRoutes } from './organization-member-roles.ts';
import { organizationMemberRoutes } from './organization-members.ts';
import { organizationRoutes } from './organization-routes.ts';

export { organizationSchema, toWireOrganization } from './organization-wire.ts';

export type OrganizationsDeps = BaseDeps & InviteDeps;

/** Organizations, their members, connections, invitations and client grants. */
export function registerOrganizations(api: Api, deps: OrganizationsDeps): void {
  organizationRoutes(api, deps);
  organizationMemberRoutes(api, deps);
  organizationMemberRoleRoutes(api, deps);
  organizationConnectionRoutes(api, deps);
  organizationInvitationRoutes(api, deps);
  organizationClientGrantRoutes(api, deps);
}
