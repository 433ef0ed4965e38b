import type { Interaction, KoaContextWithOIDC } from 'oidc-provider';
import { cookieName } from '../../../platform/cookie-name/cookie-name.ts';
import type { CarriedInteractions } from './carried-interactions.ts';
import { SECOND_FACTOR_PROMPT } from './second-factor-prompt.ts';

/** Pages that take part in a login are below this. */
export const INTERACTION_PATH = '/u';

const COOKIE = 'usher_logins';
/** Logins that a browser knows of; whoever opens more begins the oldest again. Each takes 44 characters of a cookie. */
const MAX_OPEN = 50;
/** Behind the id of a login that is in the database: what its address carries counts no more. */
const KEPT = '!';

/** The library's context of a request, as far as it concerns cookies. */
type CookieJar = {
  cookies: {
    get(name: string, options: { signed: boolean }): string | undefined;
    set(name: string, value: string, options: object): unknown;
  };
  /** Whether people reach the server by https. */
  secure: boolean;
};

/**
 * Where the browser goes to log in. It is given a signed note of this login: without it anybody could send somebody a
 * link to a login of their own and be logged in as them.
 */
export function interactionUrl(carried: CarriedInteractions) {
  return ({ cookies, oidc, secure }: KoaContextWithOIDC, interaction: Interaction): string => {
    const { uid } = interaction;
    const others = openLogins({ cookies, secure }).filter((one) => one.uid !== uid);
    noteLogins({ cookies, secure }, [{ uid, isKept: false }, ...others]);
    const page = pageFor(oidc, interaction);
    return `${INTERACTION_PATH}/${page}?state=${encodeURIComponent(carried.stateOf(uid))}`;
  };
}

/** Notes that a login is in the database from now on. */
export function noteKept(browser: CookieJar, uid: string): void {
  const open = openLogins(browser);
  noteLogins(
    browser,
    open.map((one) => (one.uid === uid ? { uid, isKept: true } : one)),
  );
}

function noteLogins({ cookies, secure }: CookieJar, open: OpenLogin[]): void {
  const noted = open.slice(0, MAX_OPEN).map(({ uid, isKept }) => (isKept ? uid + KEPT : uid));
  cookies.set(cookieName(COOKIE, { secure }), noted.join('.'), {
    httpOnly: true,
    sameSite: 'lax',
    signed: true,
    overwrite: true,
    // Not only the pages': /authorize adds to it.
    path: '/',
  });
}

function pageFor(oidc: KoaContextWithOIDC['oidc'], interaction: Interaction): string {
  if (interaction.prompt.name === SECOND_FACTOR_PROMPT) return 'mfa';
  if (oidc.params?.invitation) return 'organization-invitation';
  if (interaction.prompt.name === 'organization') return 'organization';
  return oidc.params?.screen_hint === 'signup' ? 'signup' : 'login';
}

/** A login that this browser has begun. */
export type OpenLogin = { uid: string; isKept: boolean };

/** The logins this browser has begun, the newest first. */
export function openLogins({ cookies, secure }: CookieJar): OpenLogin[] {
  return (cookies.get(cookieName(COOKIE, { secure }), { signed: true }) ?? '')
    .split('.')
    .filter((one) => one !== '')
    .map((one) => ({ uid: one.replace(KEPT, ''), isKept: one.endsWith(KEPT) }));
}
