import type { Interaction, KoaContextWithOIDC } from 'oidc-provider';
import { cookieName } from '../../../platform/cookie-name/cookie-name.ts';
import { PAGE_PATHS } from '../../../platform/page-paths/page-paths.ts';
import type { CarriedInteractions } from './carried-interactions.ts';
import { SCRIPT_PROMPT, scriptedStateIn } from './scripted-logins.ts';
import { SECOND_FACTOR_PROMPT } from './second-factor-prompt.ts';

const COOKIE = 'usher_logins';
/** Maximum number of logins per browser. Beyond it, the oldest starts again. Each takes 44 characters of a cookie. */
const MAX_OPEN = 50;
/** Marks the ID of a login in the database. The copy in its address is no longer valid. */
const KEPT = '!';

/** The part of the library's context that concerns cookies. */
type CookieJar = {
  cookies: {
    get(name: string, options: { signed: boolean }): string | undefined;
    set(name: string, value: string, options: object): unknown;
  };
  /** Whether the public URL uses https. */
  secure: boolean;
};

/**
 * Returns the function that gives the login's address. It also sets a signed cookie for this login. Without it, an attacker could send a
 * user the link of the attacker's own login and be logged in as that user.
 */
export function interactionUrl(carried: CarriedInteractions) {
  return ({ cookies, oidc, secure }: KoaContextWithOIDC, interaction: Interaction): string => {
    const { uid } = interaction;
    const others = openLogins({ cookies, secure }).filter((openLogin) => openLogin.uid !== uid);
    noteLogins({ cookies, secure }, [{ uid, isKept: false }, ...others]);
    if (interaction.prompt.name === SCRIPT_PROMPT) return awayUrl(interaction);
    const page = pageFor(oidc, interaction);
    return `${page}?state=${encodeURIComponent(carried.stateOf(uid))}`;
  };
}

/** Returns the address of the operator's page, with the state that it brings back. */
function awayUrl({ prompt, uid }: Interaction): string {
  const kept = scriptedStateIn(prompt.details);
  if (kept?.kind !== 'away') throw new Error('A script sends the browser away without an address.');
  const url = new URL(kept.url);
  url.searchParams.set('state', uid);
  // The library makes the path of a cookie of it.
  url.pathname = url.pathname.replaceAll(';', '%3B');
  return url.href;
}

/** Records in the cookie that the database now stores a login. */
export function noteKept(browser: CookieJar, uid: string): void {
  const open = openLogins(browser);
  noteLogins(
    browser,
    open.map((openLogin) => (openLogin.uid === uid ? { uid, isKept: true } : openLogin)),
  );
}

function noteLogins({ cookies, secure }: CookieJar, open: OpenLogin[]): void {
  const noted = open.slice(0, MAX_OPEN).map(({ uid, isKept }) => (isKept ? uid + KEPT : uid));
  cookies.set(cookieName(COOKIE, { secure }), noted.join('.'), {
    httpOnly: true,
    sameSite: 'lax',
    signed: true,
    overwrite: true,
    // Not only for the pages, because /authorize adds to it.
    path: '/',
  });
}

function pageFor(oidc: KoaContextWithOIDC['oidc'], interaction: Interaction): string {
  if (interaction.prompt.name === SECOND_FACTOR_PROMPT) return PAGE_PATHS.mfa;
  if (oidc.params?.invitation) return PAGE_PATHS.organizationInvitation;
  if (interaction.prompt.name === 'organization') return PAGE_PATHS.organization;
  return oidc.params?.screen_hint === 'signup' ? PAGE_PATHS.signUp : PAGE_PATHS.login;
}

/** A login that this browser has started. */
export type OpenLogin = { uid: string; isKept: boolean };

/** Returns the logins that this browser has started, newest first. */
export function openLogins({ cookies, secure }: CookieJar): OpenLogin[] {
  return (cookies.get(cookieName(COOKIE, { secure }), { signed: true }) ?? '')
    .split('.')
    .filter((part) => part !== '')
    .map((part) => ({ uid: part.replace(KEPT, ''), isKept: part.endsWith(KEPT) }));
}
