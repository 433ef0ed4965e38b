import { readMfaToken } from '../../../flows/second-factor/second-factor.ts';
import { publicKeys } from '../../../records/signing-keys/signing-keys.ts';
import { findUser, type User } from '../../../records/users/users.ts';
import { readAccessToken } from '../../../steps/read-access-token/read-access-token.ts';
import type { AuthenticationDeps } from '../deps.ts';

/** The scopes of an access token for `/mfa/*`. */
export const MFA_SCOPES = ['enroll', 'read:authenticators', 'remove:authenticators'];

/** Returns the audience of access tokens for one's own factors. */
export function mfaAudience(issuer: string): string {
  return `${issuer}mfa/`;
}

/** The user of a request to `/mfa/*`: during a login, or with an access token. */
export type MfaSubject = {
  user: User;
  clientId: string;
  /** The purpose of a login that is in progress. */
  login: {
    token: string;
    audience: string | null;
    scope: string | null;
    context: Record<string, unknown>;
  } | null;
  scopes: ReadonlySet<string>;
};

/** Returns whether this login may add a factor. A password alone must not add one to an existing one. */
export function mayEnrollAt(
  { context: { amr } }: NonNullable<MfaSubject['login']>,
  usable: readonly unknown[],
): boolean {
  return usable.length === 0 || (Array.isArray(amr) && amr.includes('mfa'));
}

export type NoSubject = { kind: 'malformed' | 'expired' };

/** Returns the user of a token: one from `mfa_required`, or an access token for `/mfa/`. */
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
  text: string,
): Promise<MfaSubject | NoSubject> {
  const reader = {
    ...deps,
    publicKeys: () => publicKeys(deps.db),
    audience: mfaAudience(`${deps.publicUrl}/`),
    algorithms: ['RS256'],
  };
  const read = await readAccessToken(reader, text);
  if (read.kind === 'foreign' || read.kind === 'malformed') return { kind: 'malformed' };
  if (read.kind !== 'valid') return { kind: 'expired' };
  const { subject, clientId, scopes } = read.token;
  const user = await activeUser(deps, subject);
  return user ? { user, clientId, login: null, scopes } : { kind: 'expired' };
}

async function activeUser(
  { db }: Pick<AuthenticationDeps, 'db'>,
  id: string,
): Promise<User | null> {
  const user = await findUser(db, id);
  return user?.blocked === true ? null : user;
}
