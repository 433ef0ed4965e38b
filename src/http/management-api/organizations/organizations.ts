export { organizationClientGrantRoutes } from './organization-client-grants.ts';
export { organizationConnectionRoutes } from './organization-connections.ts';
export { organizationInvitationRoutes } from './organization-invitations.ts';
export { organizationMemberRoleRoutes } from './organization-member-roles.ts';
export { organizationMemberRoutes } from './organization-members.ts';
export { organizationRoutes } from './organization-routes.ts';
export { organizationSchema, refuseDeep, toWireOrganization } from './organization-wire.ts';
