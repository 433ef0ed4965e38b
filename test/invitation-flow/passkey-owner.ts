import { transaction } from '../../src/platform/db/db.ts';
import { storePasskey } from '../../src/records/authentication-methods/authentication-methods.ts';
import type { Connection } from '../../src/records/connections/connections.ts';
import type { User } from '../../src/records/users/users.ts';
import {
  beginRegistration,
  finishRegistration,
} from '../../src/steps/verify-passkey/verify-passkey.ts';
import type { World } from '../harness/world.ts';
import { type Authenticator, newAuthenticator } from '../passkeys/authenticator.ts';
import { aFlowPage } from './flow-page.ts';

/** An origin on the domain of the server, as browsers see it. */
export const NEAR = 'http://localhost:4321';
export const PASSKEYS = { authentication_methods: { passkey: { enabled: true } } };

/** A person who logs in with a passkey, on pages at {@link NEAR}, and with nothing else. */
export async function aPersonWithPasskey(
  world: World,
  store: Connection,
): Promise<{ user: User; authenticator: Authenticator }> {
  const user = await world.aUser(store);
  const { db, clock, publicUrl } = world;
  const authenticator = newAuthenticator(NEAR);
  const here = { kind: 'passkey', boundTo: user.id } as const;
  const shown = { id: user.id, name: 'Ada', displayName: 'Ada' };
  const deps = { db, clock, publicUrl };
  const begun = await beginRegistration(deps, { ...here, serverName: 'Meadow', user: shown });
  if (begun.kind !== 'begun') throw new Error(begun.kind);
  const answer = authenticator.register(begun.options);
  const made = await finishRegistration(deps, { ...here, answer, pageOrigin: NEAR });
  if (made.kind !== 'verified') throw new Error(made.kind);
  const { passkey } = made;
  await transaction(db, (tx) => storePasskey(tx, { userId: user.id, passkey, at: clock.now() }));
  return { user, authenticator };
}

/** A flow of a person with a passkey, on a page at {@link NEAR}. */
export async function aPasskeyInvitation(world: World) {
  const store = await world.aConnection(PASSKEYS);
  const client = await world.aClient(store, { settings: { webOrigins: [NEAR] } });
  const { user, authenticator } = await aPersonWithPasskey(world, store);
  const invitation = await world.anInvitation(user, { clientId: client.id });
  const page = aFlowPage(world, client, NEAR);
  await page.start(invitation.secret);
  return { page, authenticator, id: invitation.id };
}
