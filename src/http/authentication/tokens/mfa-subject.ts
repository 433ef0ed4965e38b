import { createLocalJWKSet, errors, jwtVerify } from 'jose';
import { readMfaToken } from '../../../flows/second-factor/second-factor.ts';
import { loginEpoch } from '../../../records/oidc-payloads/oidc-payloads.ts';
import { publicKeys } from '../../../records/signing-keys/signing-keys.ts';
import { findUser, type User } from '../../../records/users/users.ts';
import type { AuthenticationDeps } from '../deps.ts';

/** What an access token for `/mfa/*` may allow. */
export const MFA_SCOPES = ['enroll', 'read:authenticators', 'remove:authenticators'];

/** The audience of access tokens with which people manage their own factors. */
export function mfaAudience(issuer: string): string {
  return `${issuer}mfa/`;
}

/** Who asks, and by what right: half-way through a login, or with an access token. */
export type MfaSubject = {
  user: User;
  clientId: string;
  /** What the login was for, while it is under way. */
  login: {
    token: string;
    audience: string | null;
    scope: string | null;
    context: Record<string, unknown>;
  } | null;
  scopes: ReadonlySet<string>;
};

export type NoSubject = { kind: 'malformed' | 'expired' };

/** Whose token this is: one from `mfa_required`, or an access token for `/mfa/`. */
export async function subjectOf(
  deps: Pick<AuthenticationDeps, 'db' | 'clock' | 'publicUrl'>,
  token: string,
): Promise<MfaSubject | NoSubject> {
  if (!token.startsWith('mfa_')) return fromAccessToken(deps, token);
  const found = await readMfaToken(deps, token);
  const user = found && (await activeUser(deps, found.userId));
  if (!found || !user) return { kind: 'expired' };
  const { clientId, audience, scope, context } = found;
  return { user, clientId, login: { token, audience, scope, context }, scopes: new Set() };
}

async function fromAccessToken(
  deps: Pick<AuthenticationDeps, 'db' | 'clock' | 'publicUrl'>,
  token: string,
): Promise<MfaSubject | NoSubject> {
  const issuer = `${deps.publicUrl}/`;
  try {
    const { payload } = await jwtVerify(
      token,
      createLocalJWKSet({ keys: await publicKeys(deps.db) }),
      {
        issuer,
        audience: mfaAudience(issuer),
        algorithms: ['RS256'],
        currentDate: deps.clock.now(),
      },
    );
    const { sub, azp, client_id: clientId, scope, [loginEpoch.claim]: epoch } = payload;
    const user = typeof sub === 'string' ? await activeUser(deps, sub) : null;
    const client = azp ?? clientId;
    if (!user || typeof client !== 'string') return { kind: 'expired' };
    if (epoch !== (await loginEpoch.ofThisRequest(deps.db, user.id))) return { kind: 'expired' };
    const scopes = new Set(typeof scope === 'string' ? scope.split(' ') : []);
    return { user, clientId: client, login: null, scopes };
  } catch (error) {
    if (error instanceof errors.JWTExpired) return { kind: 'expired' };
    if (error instanceof errors.JOSEError) return { kind: 'malformed' };
    throw error;
  }
}

async function activeUser(
  { db }: Pick<AuthenticationDeps, 'db'>,
  id: string,
): Promise<User | null> {
  const user = await findUser(db, id);
  return user?.blocked === true ? null : user;
}
