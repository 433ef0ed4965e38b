import { isIPv6 } from 'node:net';
import { sha256 } from '../../platform/crypto/crypto.ts';
import { canonicalIdentifier } from '../../platform/login-identifier/login-identifier.ts';
import { networkOf } from './network-of.ts';

/**
 * The key of a counter: what is counted, and for whom. Only a hash is kept, so that the table holds no addresses and no
 * key is long.
 */
export function throttleKey(what: string, ...whom: string[]): string {
  return `${what}:${sha256(JSON.stringify(whom)).toString('base64url')}`;
}

/** The key of a counter for a network address. IPv6 counts by /64, as that is what one subscriber is given (RFC 6177). */
export function addressKey(what: string, ip: string, ...whom: string[]): string {
  const plain = ip.replace(/^::ffff:(?=\d+\.)/i, '');
  return throttleKey(what, isIPv6(plain) ? networkOf(plain) : plain, ...whom);
}

/** Whom an attempt is about: an account, by whichever of its names; or a name in a user store that nobody has. */
export type Whom = { accountId: string } | { connectionId: string; identifier: string };

/** What all counters about one account, or about one name of nobody, have in common. */
export function subjectOf(whom: Whom): string {
  return 'accountId' in whom
    ? throttleKey('account', whom.accountId)
    : throttleKey('login', whom.connectionId, canonicalIdentifier(whom.identifier));
}

/** Everything under which attempts at this person's account may have been counted, also before there was one. */
export function loginNamesOf(person: {
  id: string;
  linkedTo: string | null;
  connectionId: string;
  email: string | null;
  username: string | null;
  phoneNumber: string | null;
}): Whom[] {
  const { connectionId } = person;
  return [
    { accountId: person.linkedTo ?? person.id },
    ...[person.email, person.username, person.phoneNumber].flatMap((identifier) =>
      identifier === null ? [] : [{ connectionId, identifier }],
    ),
  ];
}

/** Where an attempt comes from. */
export type Origin = {
  ip: string;
  /** The secret that a browser was given when somebody got in with it; null: none was sent. */
  browser: string | null;
};

/** As what guesses of passwords are counted, and of codes to log in with: a right one makes its place known. */
export const WAYS_IN = { password: 'login', code: 'passwordless' } as const;

/** The keys of a network at which somebody, whoever, has got in. */
export function entranceKeys(ip: string): string[] {
  return Object.values(WAYS_IN).flatMap((what) => placeKeys(what, { ip, browser: null }));
}

/** The keys of places at which an account may be known, the one that is hardest to share first. */
export function placeKeys(what: string, { ip, browser }: Origin): string[] {
  const network = addressKey(`${what}-address`, ip);
  return browser === null ? [network] : [throttleKey(`${what}-browser`, browser), network];
}
