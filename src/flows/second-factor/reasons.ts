import type { Clock } from '../../platform/clock/clock.ts';
import type { Db } from '../../platform/db/db.ts';
import { currentRequest } from '../../platform/request-context/request-context.ts';
import type { Client } from '../../records/clients/clients.ts';
import { findConnection } from '../../records/connections/connections.ts';
import {
  type FactorSettings,
  type MatchedRule,
  matchedRules,
} from '../../records/factor-settings/factor-settings.ts';
import { loginEpoch } from '../../records/oidc-payloads/oidc-payloads.ts';
import {
  type LoginSigns,
  newLoginSigns,
  noteLoginSigns,
  type Origin,
} from '../../records/throttles/throttles.ts';
import type { User } from '../../records/users/users.ts';

/** Value of `acr_values` with which an application asks for a second factor (PAPE 1.0). */
export const MULTI_FACTOR = 'http://schemas.openid.net/pape/policies/2007/06/multi-factor';

/** Why a login needs a second factor. */
export type SecondFactorReason =
  /** The application asks for it. */
  | { kind: 'acr_values' }
  /** The token manages the user's own factors. */
  | { kind: 'own-factors' }
  /** The policy asks everybody. */
  | { kind: 'all-applications' }
  /** A rule names a role of the user, the organization of the login, or the application. */
  | MatchedRule
  /** A rule asks users who have a factor. */
  | { kind: 'enrolled' }
  /** The login is unlike the earlier ones of the user. */
  | { kind: 'new-device' | 'new-country' }
  /** An action or a rule of the login asks for it. */
  | { kind: 'action' }
  /** An invitation requires a factor that the user does not have. */
  | { kind: 'invitation' };

/** A second factor that a script asks for. */
export type AskedFactor = {
  /** Whether the user must enroll a factor, instead of showing one. */
  enrolls: boolean;
  /** Auth0's names of the factors that count. Empty: any. */
  types: string[];
  /** Whether a browser that remembers the user skips it. */
  mayBeSpared: boolean;
};

/** A login after its first factor, or a session that asks for another token. */
export type JudgedLogin = {
  user: User;
  client: Client;
  organizationId: string | null;
  acrValues?: string | undefined;
  /** The login is for a token that manages factors. A user with a factor must show it, whatever the policy. */
  overFactors?: boolean;
  /** A factor that a script of the login asks for. */
  asked?: AskedFactor | null;
  /** Where the login comes from. Absent for a session: its risk was judged when it began. */
  origin?: Origin;
};

/** Returns every reason for a second factor, except an invitation's. `options.mfa.active: false` exempts a connection from policies and rules. */
export async function reasonsFor(
  deps: { db: Db },
  login: JudgedLogin,
  settings: FactorSettings,
): Promise<SecondFactorReason[]> {
  const own: SecondFactorReason[] = [];
  if (asksForMultiFactor(login.acrValues)) own.push({ kind: 'acr_values' });
  if (login.overFactors === true) own.push({ kind: 'own-factors' });
  if (login.asked) own.push({ kind: 'action' });
  const ruled = await ruledReasons(deps, login, settings);
  return ruled.length === 0 || (await isExempt(deps, login.user)) ? own : [...own, ...ruled];
}

/** Returns whether an authorization request asks for a second factor. */
export function asksForMultiFactor(acrValues: string | undefined): boolean {
  return acrValues?.split(' ').includes(MULTI_FACTOR) ?? false;
}

/** Records the device and country of a login that has ended well. Later logins are compared with it. */
export async function noteCompletedLogin(
  { db, clock }: { db: Db; clock: Clock },
  login: { userId: string; origin: Origin },
): Promise<void> {
  await noteLoginSigns(db, await signsOf({ db }, login), clock.now());
}

async function ruledReasons(
  { db }: { db: Db },
  { user, client, organizationId, origin }: JudgedLogin,
  { policies, rules }: FactorSettings,
): Promise<SecondFactorReason[]> {
  const login = { userId: user.id, clientId: client.id, organizationId };
  const reasons: SecondFactorReason[] = await matchedRules(db, login);
  if (policies.includes('all-applications')) reasons.push({ kind: 'all-applications' });
  if (rules.enrolled) reasons.push({ kind: 'enrolled' });
  const isAdaptive = policies.includes('confidence-score');
  const { newDevice, newCountry } = rules.risk;
  if (origin === undefined || !(isAdaptive || newDevice || newCountry)) return reasons;
  const signs = await newLoginSigns(db, await signsOf({ db }, { userId: user.id, origin }));
  if (signs.newDevice && (isAdaptive || newDevice)) reasons.push({ kind: 'new-device' });
  if (signs.newCountry && (isAdaptive || newCountry)) reasons.push({ kind: 'new-country' });
  return reasons;
}

async function signsOf(
  { db }: { db: Db },
  { userId, origin }: { userId: string; origin: Origin },
): Promise<LoginSigns> {
  const request = currentRequest();
  // A server may log in for its user from elsewhere: its own country says nothing.
  const country = (request?.ip === origin.ip && request.country) || null;
  return { userId, origin, country, epoch: await loginEpoch.ofThisRequest(db, userId) };
}

/** The user's own connection counts, even if the login was with a linked identity of another one. */
async function isExempt({ db }: { db: Db }, { connectionId }: User): Promise<boolean> {
  const mfa = (await findConnection(db, connectionId))?.options.mfa;
  return typeof mfa === 'object' && mfa !== null && 'active' in mfa && mfa.active === false;
}
