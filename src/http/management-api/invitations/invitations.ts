export { acceptanceOf, readInvitationPlan, warningsSchema } from './invitation-plan.ts';
export { type InvitationDeps, invitationRoutes } from './invitation-routes.ts';
export { leftOutOf } from './invitation-wire.ts';
export { readSource, sourceProperties } from './people-source.ts';
export { acceptanceProperties } from './plan-properties.ts';
export { toAcceptance } from './shown-plan.ts';
