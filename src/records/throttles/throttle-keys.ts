import { isIPv6 } from 'node:net';
import { sha256 } from '../../platform/crypto/crypto.ts';
import { canonicalIdentifier } from '../../platform/login-identifier/login-identifier.ts';
import { networkOf } from './network-of.ts';

/** Returns the key of a counter for an action and its subjects. It is a hash, so that the table has no addresses and no long keys. */
export function throttleKey(what: string, ...whom: string[]): string {
  return `${what}:${sha256(JSON.stringify(whom)).toString('base64url')}`;
}

/** Returns the key of a counter for a network address. IPv6 counts by /64, because one subscriber gets that much (RFC 6177). */
export function addressKey(what: string, ip: string, ...whom: string[]): string {
  const plain = ip.replace(/^::ffff:(?=\d+\.)/i, '');
  return throttleKey(what, isIPv6(plain) ? networkOf(plain) : plain, ...whom);
}

/** Subject of an attempt: an account, under any of its identifiers, or an identifier that no user of the connection has. */
export type ThrottledAccount = { accountId: string } | { connectionId: string; identifier: string };

/** Returns the common part of all counters for one account, or for one unknown identifier. */
export function subjectOf(whom: ThrottledAccount): string {
  return 'accountId' in whom
    ? throttleKey('account', whom.accountId)
    : throttleKey('login', whom.connectionId, canonicalIdentifier(whom.identifier));
}

/** Returns all subjects under which attempts at this person's account may have been counted, also before it existed. */
export function loginNamesOf(person: {
  id: string;
  linkedTo: string | null;
  connectionId: string;
  email: string | null;
  username: string | null;
  phoneNumber: string | null;
}): ThrottledAccount[] {
  const { connectionId } = person;
  return [
    { accountId: person.linkedTo ?? person.id },
    ...[person.email, person.username, person.phoneNumber].flatMap((identifier) =>
      identifier === null ? [] : [{ connectionId, identifier }],
    ),
  ];
}

/** Origin of an attempt. */
export type Origin = {
  ip: string;
  /** The secret that the browser got after a successful login, or `null` if it sent none. */
  browser: string | null;
};

/** Names of the counters for guessed passwords and guessed login codes. A successful login makes its place known. */
export const GUESS_COUNTERS = { password: 'login', code: 'passwordless' } as const;

/** Names of the counters for one address over all accounts. An operator who unblocks an address clears them all. */
export const FROM_ADDRESS = {
  login: 'login-from',
  signUp: 'sign-up-from',
  signUpHour: 'sign-up-hour',
} as const;

/** Returns the keys of a network from which any user has logged in. */
export function knownNetworkKeys(ip: string): string[] {
  return Object.values(GUESS_COUNTERS).flatMap((what) => placeKeys(what, { ip, browser: null }));
}

/** Returns the keys of places at which an account may be known, the hardest to share first. */
export function placeKeys(what: string, { ip, browser }: Origin): string[] {
  const network = addressKey(`${what}-address`, ip);
  return browser === null ? [network] : [throttleKey(`${what}-browser`, browser), network];
}

/** Returns the places where the account is known by this kind of guess. */
export function placesOf(what: string, { subject, origin }: { subject: string; origin: Origin }) {
  return { account: throttleKey(what, subject), places: placeKeys(what, origin) };
}
