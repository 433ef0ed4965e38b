import type { Db } from '../../platform/db/db.ts';
import {
  isSecondFactor,
  methodsOfUser,
} from '../../records/authentication-methods/authentication-methods.ts';
import { passwordSetAt } from '../../records/passwords/passwords.ts';
import { isUnproven, linkedIdentities } from '../../records/users/users.ts';

/** How a person can log in to an account without its invitation. */
export type OwnWays = {
  /** When the password was set, or `null` if there is none. */
  passwordSetAt: Date | null;
  hasPasskey: boolean;
  /** The domains of its passkeys. A page of another domain cannot ask for them. */
  passkeyDomains: string[];
  /** Whether an account at a provider, or another identity, is linked. */
  hasIdentity: boolean;
  /** A login must show it, so the account gets no passkey from a link: a passkey would replace it (docs/decisions/0041). */
  hasFactor: boolean;
};

const NONE: OwnWays = {
  passwordSetAt: null,
  hasPasskey: false,
  passkeyDomains: [],
  hasIdentity: false,
  hasFactor: false,
};

/**
 * Returns how a person can log in to an account. An invitation neither replaces a credential of an account that has one, nor adds another:
 * the link alone is no key to it. What a sign-up with an unproved address has may be a stranger's. It does not count, because the first
 * proof removes it.
 * @param userId `null`: nobody has an account yet
 */
export async function ownWaysOf(db: Db, userId: string | null): Promise<OwnWays> {
  if (userId === null || (await isUnproven(db, userId))) return NONE;
  const { methods, imported } = await methodsOfUser(db, userId);
  const passkeys = methods.filter(({ kind }) => kind === 'passkey');
  const linked = (await linkedIdentities(db, [userId])).get(userId) ?? [];
  return {
    passwordSetAt: await passwordSetAt(db, userId),
    hasPasskey: passkeys.length > 0,
    passkeyDomains: passkeys.flatMap(({ credential }) => credential?.relyingParty ?? []),
    hasIdentity: linked.length > 0,
    hasFactor: imported || methods.some((method) => method.confirmed && isSecondFactor(method)),
  };
}

/** Returns whether the account has a credential. */
export function isInUse({ passwordSetAt: setAt, hasPasskey, hasIdentity }: OwnWays): boolean {
  return setAt !== null || hasPasskey || hasIdentity;
}
