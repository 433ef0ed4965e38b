import {
  findProviderLogin,
  giveToBrowser,
  newProviderLogin,
} from '../../records/provider-logins/provider-logins.ts';
import type { ProviderLoginDeps } from './deps.ts';

export type OpenedInBrowser =
  /** `browser`: the secret that the browser keeps from now on, or `null` if it has one already. */
  | { kind: 'opened'; url: string; browser: string | null }
  /** Another browser has opened it, or the time is over. */
  | { kind: 'over' };

/**
 * Binds a login at a provider that a page of an application has begun to the browser that opens its address. Who began it does not know the
 * secret that this browser gets, and so cannot use the answer of a person who was lured to the address.
 * @param input.start the secret in the address
 * @param input.held the secret that this browser has for the login
 */
export async function openInBrowser(
  { db, clock, keys }: Pick<ProviderLoginDeps, 'db' | 'clock' | 'keys'>,
  { id, start, held }: { id: string; start: string; held: string | null },
): Promise<OpenedInBrowser> {
  const now = clock.now();
  const secret = held ?? start;
  const login = await findProviderLogin(db, keys.encryption, { id, browser: secret, now });
  if (login?.purpose.kind !== 'flow' || login.stage !== 'begun' || login.isOver) {
    return { kind: 'over' };
  }
  const { url } = login;
  // The person has come back from the provider's page without an answer.
  if (held !== null && held !== start) return { kind: 'opened', url, browser: null };
  const { browser } = newProviderLogin();
  const isGiven = await giveToBrowser(db, { id, from: start, to: browser, now });
  return isGiven ? { kind: 'opened', url, browser } : { kind: 'over' };
}
