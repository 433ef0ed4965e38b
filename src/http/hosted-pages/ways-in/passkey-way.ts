import { cookieName } from '../../../platform/cookie-name/cookie-name.ts';
import { type Connection, passkeyRulesOf } from '../../../records/connections/connections.ts';
import { relyingPartyHere } from '../../../steps/verify-passkey/verify-passkey.ts';
import type { Translator } from '../page/page.ts';
import type { PasskeyWay } from '../page-values/page-values.ts';

const COOKIE = 'usher_passkeys';

/** Returns the name of the cookie with which a browser says that it can make passkeys. Scripts set it. */
export function passkeyCookie({ secureCookies: secure }: { secureCookies: boolean }): string {
  return cookieName(COOKIE, { secure });
}

type Server = { publicUrl: string; secureCookies: boolean };

/**
 * Returns the way in with a passkey that the user has, for the login with these connections. Returns `null` if none of them has passkeys,
 * or if browsers offer none at the address of this page.
 * @param input.domains the domains of the user's passkeys, if the page knows its user
 */
export function passkeyLoginWay(
  server: Server,
  { say }: Translator,
  input: { connections: Connection[]; action: string; domains?: string[] },
): PasskeyWay | null {
  const party = relyingPartyHere(server.publicUrl);
  if (party === null || input.domains?.includes(party.id) === false) return null;
  const rules = input.connections.map(passkeyRulesOf).filter(({ isEnabled }) => isEnabled);
  if (rules.length === 0) return null;
  const isOffered = rules.some((rule) => rule.isOffered || rule.isOfferedLocally);
  return {
    ask: 'get',
    text: say('passkey.logIn'),
    action: input.action,
    isShown: rules.some(({ hasButton }) => hasButton),
    fillsIn: rules.some(({ fillsIn }) => fillsIn),
    cookie: isOffered ? passkeyCookie(server) : null,
  };
}

/**
 * Returns the way in with a new passkey, for an account of this connection, or `null` if it has no passkeys.
 * @param input.action the path to which the passkey is sent; `null`: the page's own form sends it
 */
export function newPasskeyWay(
  server: Pick<Server, 'publicUrl'>,
  { say }: Translator,
  input: { connection: Connection; action: string | null },
): PasskeyWay | null {
  const { connection, action } = input;
  if (relyingPartyHere(server.publicUrl) === null || !passkeyRulesOf(connection).isEnabled)
    return null;
  const text = say(action === null ? 'passkey.signUp' : 'passkey.create');
  return { ask: 'create', text, action, isShown: true, fillsIn: false, cookie: null };
}
