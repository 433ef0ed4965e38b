import type { Interaction, KoaContextWithOIDC } from 'oidc-provider';

/** Pages that take part in a login are below this. */
export const INTERACTION_PATH = '/u';

const COOKIE = 'usher_logins';
/** Logins open in one browser at once; a sixth tab makes the first one start again. */
const MAX_OPEN = 5;

type Cookies = {
  get(name: string, options: { signed: boolean }): string | undefined;
  set(name: string, value: string, options: object): unknown;
};

/**
 * Where the browser goes to log in. It is given a signed note of this login: without it anybody could send somebody a
 * link to a login of their own and be logged in as them.
 */
export function interactionUrl(ctx: KoaContextWithOIDC, interaction: Interaction): string {
  const open = openLogins(ctx.cookies).filter((uid) => uid !== interaction.uid);
  ctx.cookies.set(COOKIE, [interaction.uid, ...open].slice(0, MAX_OPEN).join('.'), {
    httpOnly: true,
    sameSite: 'lax',
    signed: true,
    // Not only the pages': /authorize adds to it.
    path: '/',
  });
  const page = pageFor(ctx, interaction);
  return `${INTERACTION_PATH}/${page}?state=${encodeURIComponent(interaction.uid)}`;
}

function pageFor({ oidc }: KoaContextWithOIDC, interaction: Interaction): string {
  if (oidc.params?.invitation) return 'organization-invitation';
  if (interaction.prompt.name === 'organization') return 'organization';
  return oidc.params?.screen_hint === 'signup' ? 'signup' : 'login';
}

/** The logins this browser has begun, the newest first. */
export function openLogins(cookies: Cookies): string[] {
  return (cookies.get(COOKIE, { signed: true }) ?? '').split('.').filter((uid) => uid !== '');
}
