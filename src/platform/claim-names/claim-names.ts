/** Claims with a defined meaning: in JWTs (RFC 7519, 8693, 8705, 9068), in OpenID Connect (Core 2 and 5.1), and in Auth0's tokens. */
const TAKEN = new Set(
  (
    'iss sub aud exp nbf iat jti auth_time nonce acr amr azp at_hash c_hash s_hash sid sub_jwk typ cnf act may_act events toe ' +
    'scope client_id gty permissions org_id org_name login_epoch ' +
    'name given_name family_name middle_name nickname preferred_username profile picture website email email_verified gender ' +
    'birthdate zoneinfo locale phone_number phone_number_verified address updated_at _claim_names _claim_sources ' +
    '__proto__ constructor prototype'
  ).split(' '),
);

/**
 * Returns whether a custom claim may have this name, such as `roles` or `https://example.com/roles`: up to 200 characters without blanks,
 * quotes and backslashes. Names with a defined meaning are refused.
 */
export function isFreeClaim(name: string): boolean {
  return /^[\x21-\x7e]{1,200}$/.test(name) && !/["\\<>]/.test(name) && !TAKEN.has(name);
}
