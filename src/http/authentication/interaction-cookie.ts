import type { Interaction, KoaContextWithOIDC } from 'oidc-provider';
import type { CarriedInteractions } from './carried-interactions.ts';
import { SECOND_FACTOR_PROMPT } from './second-factor-prompt.ts';

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
export function interactionUrl(carried: CarriedInteractions) {
  return ({ cookies, oidc }: KoaContextWithOIDC, interaction: Interaction): string => {
    const { uid } = interaction;
    const open = [uid, ...openLogins(cookies).filter((one) => one !== uid)];
    for (const oldest of open.splice(MAX_OPEN)) carried.drop(cookies, oldest);
    cookies.set(COOKIE, open.join('.'), {
      httpOnly: true,
      sameSite: 'lax',
      signed: true,
      // Not only the pages': /authorize adds to it.
      path: '/',
    });
    carried.handOver(cookies, uid);
    const page = pageFor(oidc, interaction);
    return `${INTERACTION_PATH}/${page}?state=${encodeURIComponent(uid)}`;
  };
}

function pageFor(oidc: KoaContextWithOIDC['oidc'], interaction: Interaction): string {
  if (interaction.prompt.name === SECOND_FACTOR_PROMPT) return 'mfa';
  if (oidc.params?.invitation) return 'organization-invitation';
  if (interaction.prompt.name === 'organization') return 'organization';
  return oidc.params?.screen_hint === 'signup' ? 'signup' : 'login';
}

/** The logins this browser has begun, the newest first. */
export function openLogins(cookies: Cookies): string[] {
  return (cookies.get(COOKIE, { signed: true }) ?? '').split('.').filter((uid) => uid !== '');
}
