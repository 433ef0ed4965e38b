import { type Clock, epochSeconds } from '../../platform/clock/clock.ts';
import { cookieName } from '../../platform/cookie-name/cookie-name.ts';
import { hmacSha256, type Keys, sameBytes } from '../../platform/crypto/crypto.ts';
import type { Db } from '../../platform/db/db.ts';
import { loginEpoch } from '../../records/oidc-payloads/oidc-payloads.ts';
import {
  browsersForgottenAt,
  forgetBrowsers,
} from '../../records/pending-logins/pending-logins.ts';
import type { User } from '../../records/users/users.ts';
import { refuseProtected } from '../../steps/refuse-protected/refuse-protected.ts';

export type RememberDeps = { db: Db; clock: Clock; keys: Keys };

const DAYS = 30;
/** Maximum number of users that a browser remembers. A sixth replaces the first. */
const MOST_PEOPLE = 5;

/** How long a browser spares a user the second factor, in seconds. */
export const REMEMBERED_SECONDS = DAYS * 24 * 3600;

/**
 * Returns the name of the cookie that remembers users.
 * @param secure `true` under https
 */
export function rememberingCookie(secure: boolean): string {
  return cookieName('usher_mfa', { secure });
}

/**
 * Returns the cookie's new value after a user has shown the second factor.
 * @param before the cookie's current value, which may remember other users
 */
export async function remembering(
  deps: RememberDeps,
  { user, before }: { user: User; before: string | undefined },
): Promise<string> {
  const since = epochSeconds(deps.clock.now());
  const epoch = await loginEpoch.ofThisRequest(deps.db, user.id);
  const others = (before ?? '').split('~').filter((part) => part !== '');
  const mine = `${since}.${signed(deps, { user, since, epoch })}`;
  return [mine, ...others].slice(0, MOST_PEOPLE).join('~');
}

/** Returns whether a browser remembers this user. The end of the user's sessions ends that, and so does a request to forget browsers. */
export async function isRemembered(
  deps: RememberDeps,
  { user, cookie }: { user: User; cookie: string | undefined },
): Promise<boolean> {
  if (cookie === undefined) return false;
  const epoch = await loginEpoch.ofThisRequest(deps.db, user.id);
  const since = rememberedSince(deps, { user, epoch }, cookie);
  if (since === null) return false;
  const forgotten = await browsersForgottenAt(deps.db, user.id);
  return since * 1000 > (forgotten?.getTime() ?? 0);
}

/** Makes every browser ask a user for the second factor again. For operators. */
export async function forgetRememberedBrowsers(
  { db, clock }: Pick<RememberDeps, 'db' | 'clock'>,
  userId: string,
): Promise<void> {
  refuseProtected({ userId });
  await forgetBrowsers(db, { userId, now: clock.now() });
}

function rememberedSince(
  deps: Pick<RememberDeps, 'clock' | 'keys'>,
  about: { user: User; epoch: number },
  cookie: string,
): number | null {
  const oldest = deps.clock.now().getTime() / 1000 - REMEMBERED_SECONDS;
  for (const part of cookie.split('~').slice(0, MOST_PEOPLE)) {
    const [text = '', signature = ''] = part.split('.');
    const since = Number(text);
    if (!Number.isInteger(since) || since < oldest) continue;
    const expected = signed(deps, { ...about, since });
    if (sameBytes(Buffer.from(signature), Buffer.from(expected))) return since;
  }
  return null;
}

function signed(
  { keys }: Pick<RememberDeps, 'keys'>,
  { user, since, epoch }: { user: User; since: number; epoch: number },
): string {
  const what = `second factor of ${user.id} since ${since} in epoch ${epoch}`;
  return hmacSha256(keys.cookie, what).toString('base64url');
}
