import { transaction } from '../../src/platform/db/db.ts';
import {
  storePasskey,
  type WebAuthnKind,
} from '../../src/records/authentication-methods/authentication-methods.ts';
import { insertUser, type User } from '../../src/records/users/users.ts';
import {
  beginAuthentication,
  beginRegistration,
  finishAuthentication,
  finishRegistration,
  type PasskeyDeps,
} from '../../src/steps/verify-passkey/verify-passkey.ts';
import { newAuthenticator } from './authenticator.ts';

export type Ceremonies = ReturnType<typeof ceremoniesWith>;

/** Registrations and proofs of people with authenticators at the server's own address. */
export function ceremoniesWith(deps: PasskeyDeps) {
  let people = 0;

  async function aPerson(): Promise<User> {
    const inserted = await insertUser(deps.db, {
      connectionId: 'con_meadow',
      email: `person${++people}@meadow.test`,
      now: deps.clock.now(),
    });
    if (inserted.kind !== 'inserted') throw new Error(inserted.kind);
    return inserted.user;
  }

  async function begin(userId: string | null, kind: WebAuthnKind = 'passkey', boundTo = 'here') {
    const begun = await beginRegistration(deps, {
      kind,
      boundTo,
      serverName: 'Meadow',
      user: { id: userId, name: 'ada@meadow.test', displayName: 'Ada' },
    });
    if (begun.kind !== 'begun') throw new Error(begun.kind);
    return begun.options;
  }

  async function aPasskey(kind: WebAuthnKind = 'passkey') {
    const user = await aPerson();
    const authenticator = newAuthenticator(deps.publicUrl);
    const answer = authenticator.register(await begin(user.id, kind));
    const verified = await finishRegistration(deps, { kind, boundTo: 'here', answer });
    if (verified.kind !== 'verified') throw new Error(verified.kind);
    const { passkey } = verified;
    const stored = await store(user.id, passkey);
    if (stored.kind !== 'stored') throw new Error(stored.kind);
    return { user, authenticator, passkey, method: stored.method };
  }

  const store = (userId: string, passkey: Parameters<typeof storePasskey>[1]['passkey']) =>
    transaction(deps.db, (tx) => storePasskey(tx, { userId, passkey, at: deps.clock.now() }));

  async function challenge(
    kind: WebAuthnKind = 'passkey',
    userId: string | null = null,
    boundTo = 'here',
  ) {
    const begun = await beginAuthentication(deps, { kind, boundTo, userId });
    if (begun.kind !== 'begun') throw new Error(begun.kind);
    return begun.options;
  }

  const prove = (answer: string, kind: WebAuthnKind = 'passkey', boundTo = 'here') =>
    finishAuthentication(deps, { kind, boundTo, answer });

  return { aPerson, begin, aPasskey, store, challenge, prove };
}
