export { isOverFactors, resourceServerFor, toAudience, toResource } from './audiences.ts';
export { CLAIMS_OF_SCOPE, claimsOfScopes, OIDC_SCOPES, userClaims } from './claims.ts';
export { defaultAudience } from './default-audience.ts';
export { invitationClaim, nameLogin } from './invitation-claim.ts';
export {
  effectsOf,
  noteEffects,
  scriptedScope,
  type TokenEffects,
} from './login-effects.ts';
export { type MfaSubject, mayEnrollAt, mfaAudience, subjectOf } from './mfa-subject.ts';
export {
  CONNECTION_NOT_ENABLED,
  claimsInToken,
  isConnectionOfOrganization,
  organizationAllowed,
  organizationClaims,
  organizationGrantId,
  organizationIn,
  organizationOf,
} from './organization-claims.ts';
export { requireMember, tokenClaims } from './organization-tokens.ts';
export { addUnscopedClaims, rolesClaim, rolesClaimOf, unscopedClaims } from './roles-claim.ts';
