/**
 * Claims that scripts cannot set, because specifications or this server define them. They are ignored, as at Auth0. Source: "Restricted
 * claims" of Auth0's documentation on custom claims.
 */
const RESERVED = new Set(
  [
    'acr act active amr at_hash ath attest aud auth_time authorization_details azp c_hash client_id cnf cty dest entitlements events exp',
    'groups gty htm htu iat internalService iss jcard jku jti jwe jwk kid may_act mky nbf nonce object_id org_id org_name orig origid',
    'permissions roles rph s_hash scope sid sip_callid sip_cseq_num sip_date sip_from_tag sip_via_branch sub sub_jwk toe txn typ uuid',
    'vot vtm x5t#S256',
  ].flatMap((line) => line.split(' ')),
);

/** Returns whether a script may set this claim. */
export function isOwnClaim(name: string): boolean {
  if (RESERVED.has(name) || name === '__proto__') return false;
  const host = URL.canParse(name) ? new URL(name).hostname : '';
  return !/(?:^|\.)(?:auth0\.com|webtask\.io|webtask\.run|usher\.dev)$/.test(host);
}
