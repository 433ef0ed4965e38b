import { isIPv6 } from 'node:net';
import { sha256 } from '../../platform/crypto/crypto.ts';
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

/** A name that somebody logs in with, in one user store. */
export type LoginName = { connectionId: string; identifier: string };

/** Counters of wrong passwords: for the name, from one address for the name (or from all), and of the pause after too many. */
export function loginKeys({ connectionId, identifier }: LoginName, ip: string) {
  const whom = identifier.trim().toLowerCase();
  return {
    subject: loginSubject({ connectionId, identifier }),
    account: throttleKey('login', connectionId, whom),
    pause: throttleKey('login-pause', connectionId, whom),
    guesses: addressKey('login-guesses', ip, connectionId, whom),
    block: addressKey('login-block', ip, connectionId, whom),
  };
}

/** What all counters of a name have in common. */
export function loginSubject({ connectionId, identifier }: LoginName): string {
  return throttleKey('login', connectionId, identifier.trim().toLowerCase());
}

/** Every name a person may log in with. */
export function loginNamesOf(person: {
  connectionId: string;
  email: string | null;
  username: string | null;
  phoneNumber: string | null;
}): LoginName[] {
  const { connectionId } = person;
  return [person.email, person.username, person.phoneNumber].flatMap((identifier) =>
    identifier === null ? [] : [{ connectionId, identifier }],
  );
}
