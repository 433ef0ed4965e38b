import type { FastifyReply, FastifyRequest } from 'fastify';
import { hmacSha256, sameBytes } from '../../platform/crypto/crypto.ts';
import { browsersForgottenAt } from '../../records/pending-logins/pending-logins.ts';
import type { User } from '../../records/users/users.ts';
import type { PageDeps } from './deps.ts';

const DAYS = 30;
const SECONDS = DAYS * 24 * 3600;
/** People who share a browser; a sixth makes the first one show the second factor again. */
const MOST_PEOPLE = 5;

const nameOf = ({ secureCookies }: PageDeps) => (secureCookies ? '__Host-usher_mfa' : 'usher_mfa');

/** Spares somebody the second factor in this browser for thirty days. */
export function rememberBrowser(
  deps: PageDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  user: User,
): void {
  const since = Math.floor(deps.clock.now().getTime() / 1000);
  const others = (request.cookies[nameOf(deps)] ?? '').split('~').filter((one) => one !== '');
  const value = [`${since}.${signed(deps, user, since)}`, ...others]
    .slice(0, MOST_PEOPLE)
    .join('~');
  reply.setCookie(nameOf(deps), value, {
    path: '/',
    httpOnly: true,
    sameSite: 'lax',
    secure: deps.secureCookies,
    maxAge: SECONDS,
  });
}

/** Whether this browser was remembered for this person, and neither their password nor anybody's word has ended that. */
export async function isRemembered(
  deps: PageDeps,
  request: FastifyRequest,
  user: User,
): Promise<boolean> {
  const since = rememberedSince(deps, request, user);
  if (since === null) return false;
  const forgotten = await browsersForgottenAt(deps.db, user.id);
  const ends = [forgotten, user.lastPasswordReset].map((end) => end?.getTime() ?? 0);
  return since * 1000 > Math.max(...ends);
}

function rememberedSince(deps: PageDeps, request: FastifyRequest, user: User): number | null {
  const oldest = deps.clock.now().getTime() / 1000 - SECONDS;
  for (const part of (request.cookies[nameOf(deps)] ?? '').split('~').slice(0, MOST_PEOPLE)) {
    const [text = '', signature = ''] = part.split('.');
    const since = Number(text);
    if (!Number.isInteger(since) || since < oldest) continue;
    if (sameBytes(Buffer.from(signature), Buffer.from(signed(deps, user, since)))) return since;
  }
  return null;
}

function signed({ keys }: PageDeps, user: User, since: number): string {
  return hmacSha256(keys.cookie, `second factor of ${user.id} since ${since}`).toString(
    'base64url',
  );
}
