import type { Interaction, KoaContextWithOIDC } from 'oidc-provider';
import type { CarriedInteractions } from './carried-interactions.ts';
import { SECOND_FACTOR_PROMPT } from './second-factor-prompt.ts';

/** Pages that take part in a login are below this. */
export const INTERACTION_PATH = '/u';

const COOKIE = 'usher_logins';
/** Logins that a browser knows of; whoever opens more begins the oldest again. Each takes 44 characters of a cookie. */
const MAX_OPEN = 50;
/** Behind the id of a login that is in the database: what its address carries counts no more. */
const KEPT = '!';

type Cookies = {
  get(name: string, options: { signed: boolean }): string | undefined;
  set(name: string, value: string, options: object): unknown;
};

/**
 * Where the browser goes to log in. It is given a signed note of this login: without it anybody could send somebody a
 * link to a login of their own and be logged in as them.
 */
export function interactionUrl(carried: CarriedInteractions) {
  return ({ cookies, oidc }: KoaContextWithOIDC, interaction: Interaction): string => {
    const { uid } = interaction;
    const others = openLogins(cookies).filter((one) => one.uid !== uid);
    noteLogins(cookies, [{ uid, isKept: false }, ...others]);
    const page = pageFor(oidc, interaction);
    return `${INTERACTION_PATH}/${page}?state=${encodeURIComponent(carried.stateOf(uid))}`;
  };
}

/** Notes that a login is in the database from now on. */
export function noteKept(cookies: Cookies, uid: string): void {
  const open = openLogins(cookies);
  noteLogins(
    cookies,
    open.map((one) => (one.uid === uid ? { uid, isKept: true } : one)),
  );
}

function noteLogins(cookies: Cookies, open: OpenLogin[]): void {
  const noted = open.slice(0, MAX_OPEN).map(({ uid, isKept }) => (isKept ? uid + KEPT : uid));
  cookies.set(COOKIE, noted.join('.'), {
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
export function openLogins(cookies: Cookies): OpenLogin[] {
  return (cookies.get(COOKIE, { signed: true }) ?? '')
    .split('.')
    .filter((one) => one !== '')
    .map((one) => ({ uid: one.replace(KEPT, ''), isKept: one.endsWith(KEPT) }));
}
