import type { Clock } from '../../platform/clock/clock.ts';
import { hmacSha256, type Keys, sameBytes } from '../../platform/crypto/crypto.ts';
import type { Db } from '../../platform/db/db.ts';
import { browsersForgottenAt } from '../../records/pending-logins/pending-logins.ts';
import type { User } from '../../records/users/users.ts';

export type RememberDeps = { db: Db; clock: Clock; keys: Keys };

const DAYS = 30;
/** People who share a browser; a sixth makes the first one show the second factor again. */
const MOST_PEOPLE = 5;

/** For how long somebody is spared the second factor in a browser. */
export const REMEMBERED_SECONDS = DAYS * 24 * 3600;

/** The cookie that remembers. @param secure true under https */
export function rememberingCookie(secure: boolean): string {
  return secure ? '__Host-usher_mfa' : 'usher_mfa';
}

/**
 * The cookie's value once this person has shown the second factor.
 * @param before its value so far, with which others may be remembered
 */
export function remembering(
  deps: Pick<RememberDeps, 'clock' | 'keys'>,
  { user, before }: { user: User; before: string | undefined },
): string {
  const since = Math.floor(deps.clock.now().getTime() / 1000);
  const others = (before ?? '').split('~').filter((one) => one !== '');
  return [`${since}.${signed(deps, user, since)}`, ...others].slice(0, MOST_PEOPLE).join('~');
}

/** Whether a browser was remembered for this person, and neither their password nor anybody's word has ended that. */
export async function isRemembered(
  deps: RememberDeps,
  { user, cookie }: { user: User; cookie: string | undefined },
): Promise<boolean> {
  const since = rememberedSince(deps, user, cookie ?? '');
  if (since === null) return false;
  const forgotten = await browsersForgottenAt(deps.db, user.id);
  const ends = [forgotten, user.lastPasswordReset].map((end) => end?.getTime() ?? 0);
  return since * 1000 > Math.max(...ends);
}

function rememberedSince(
  deps: Pick<RememberDeps, 'clock' | 'keys'>,
  user: User,
  cookie: string,
): number | null {
  const oldest = deps.clock.now().getTime() / 1000 - REMEMBERED_SECONDS;
  for (const part of cookie.split('~').slice(0, MOST_PEOPLE)) {
    const [text = '', signature = ''] = part.split('.');
    const since = Number(text);
    if (!Number.isInteger(since) || since < oldest) continue;
    if (sameBytes(Buffer.from(signature), Buffer.from(signed(deps, user, since)))) return since;
  }
  return null;
}

function signed({ keys }: Pick<RememberDeps, 'keys'>, user: User, since: number): string {
  return hmacSha256(keys.cookie, `second factor of ${user.id} since ${since}`).toString(
    'base64url',
  );
}
