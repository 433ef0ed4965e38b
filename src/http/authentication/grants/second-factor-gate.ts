import { acceptPromisedInvitations } from '../../../flows/log-in/log-in.ts';
import {
  type AskedFactor,
  issueMfaToken,
  noteAsked,
  type SecondFactorNeed,
  secondFactorFor,
} from '../../../flows/second-factor/second-factor.ts';
import type { Client } from '../../../records/clients/clients.ts';
import type { User } from '../../../records/users/users.ts';
import { mfaAudience } from '../tokens/tokens.ts';
import type { GrantDeps } from './grant-deps.ts';
import { tokenError } from './token-error.ts';

/**
 * Asks for a second factor at the token endpoint if one is required.
 * @throws 403 `mfa_required` with the token for the second factor's grant
 */
export async function requireSecondFactor(
  deps: GrantDeps,
  asked: {
    user: User;
    client: Client;
    scope: string | undefined;
    audience: string | undefined;
    gty: string;
    /** Methods that were shown (RFC 8176). */
    amr: string[];
    /** A factor that a script of the login asks for. */
    asked?: AskedFactor | null;
    /** The name of this login, see `nameLogin`. */
    session: string;
    /** The user's address. */
    ip: string;
  },
): Promise<void> {
  const { user, client, scope, audience, gty, amr, session, ip } = asked;
  const overFactors = audience === mfaAudience(`${deps.publicUrl}/`);
  const login = { user, client, organizationId: null, overFactors };
  const origin = { ip, browser: null };
  const { asked: demanded = null } = asked;
  const judged = { ...login, origin, amr, asked: demanded };
  let need = await secondFactorFor(deps, judged);
  if (need.kind === 'none') {
    // What an invitation gives, as a role does, may require a factor.
    const accepting = { userId: user.id, clientId: client.id, session };
    const isGiven = await acceptPromisedInvitations(deps, accepting);
    if (isGiven) need = await secondFactorFor(deps, judged);
  }
  if (need.kind === 'none') return;
  noteAsked(deps, login, need, ip);
  const token = await issueMfaToken(deps, {
    userId: user.id,
    clientId: client.id,
    connectionId: user.connectionId,
    audience,
    scope,
    context: { gty, amr },
  });
  throw tokenError({
    status: 403,
    body: {
      error: 'mfa_required',
      error_description: 'Multifactor authentication required',
      mfa_token: token,
      mfa_requirements: requirements(need),
    },
  });
}

const WIRE_TYPES: Record<string, string> = { totp: 'otp', sms: 'phone' };

function requirements(need: Exclude<SecondFactorNeed, { kind: 'none' }>) {
  const types = (names: string[]) =>
    [...new Set(names.map((name) => WIRE_TYPES[name] ?? name))].map((type) => ({ type }));
  return need.kind === 'enroll'
    ? { enroll: types(need.factors) }
    : { challenge: types(need.methods.map((method) => method.kind)) };
}
