import { sql } from 'kysely';
import { beforeAll, describe, expect, test } from 'vitest';
import { declineInvitation } from '../../src/flows/accept-invitation/accept-invitation.ts';
import { acceptPromisedInvitations } from '../../src/flows/log-in/log-in.ts';
import { sha256 } from '../../src/platform/crypto/crypto.ts';
import type { Db } from '../../src/platform/db/db.ts';
import {
  insertMethod,
  storePasskey,
} from '../../src/records/authentication-methods/authentication-methods.ts';
import * as invitations from '../../src/records/invitations/invitations.ts';
import { setPassword } from '../../src/records/passwords/passwords.ts';
import { linkNewIdentity } from '../../src/records/users/users.ts';
import { overtaken } from '../harness/overtaken.ts';
import { openWorld, type World } from '../harness/world.ts';
import { SECRET } from '../second-factors/factors.ts';
import type { Real, Told } from './accepted-once.ts';
import { aPasskey, aSceneOfInvited, type Scene, type Way } from './invited.ts';

let world: World;
let scene: Scene;

beforeAll(async () => {
  world = await openWorld({ role: 'web' });
  scene = await aSceneOfInvited(world);
});

const begin = (invited: Told['invited']) =>
  scene.begin({ invited, policy: 'same_domain', codeIsKnown: false, toOrganization: false });

/** What ends an invitation, in a transaction of its own. */
const ENDS = {
  accepted: (tx: Db, real: Real) =>
    invitations.acceptInvitation(tx, {
      secretHash: sha256(scene.secretOf(real)),
      by: 'link',
      userId: real.invitedUser?.id ?? '',
      now: world.clock.now(),
    }),
  declined: (tx: Db, real: Real) =>
    invitations.declineInvitation(tx, {
      secretHash: sha256(scene.secretOf(real)),
      now: world.clock.now(),
    }),
  revoked: (tx: Db, { id }: Real) =>
    invitations.revokeInvitation(tx, { id, now: world.clock.now() }),
};

/** What then comes too late. */
const LATE: Record<string, (real: Real) => Promise<unknown>> = {
  'an acceptance by password': (real) => scene.accept(real, 'password'),
  'an acceptance by a known identity': (real) => scene.accept(real, 'knownIdentity'),
  'an acceptance by account': (real) => scene.accept(real, 'account'),
  'a refusal': (real) => declineInvitation(world.server.app.deps, { secret: scene.secretOf(real) }),
  'a revocation': ({ id }) => world.server.api('DELETE', `/api/v2/invitations/${id}`),
  'a login with a proved address': ({ invitedUser, run }) =>
    acceptPromisedInvitations(world.server.app.deps, {
      userId: invitedUser?.id ?? '',
      clientId: scene.client.id,
      session: `session of ${run}`,
    }),
};

describe.each(Object.entries(LATE))('%s', (what, late) => {
  test.each(
    Object.entries(ENDS),
  )('changes nothing if the invitation is %s at the same moment', async (state, end) => {
    const isLogin = what.startsWith('a login');
    const real = await begin(isLogin ? 'withPassword' : 'made');
    await overtaken(world, (tx) => end(tx, real), [() => late(real)]);
    expect(real.accepted).toBe(0);
    expect(await invitations.findInvitation(world.db, real.id)).toMatchObject({ state });
    expect(await scene.stateOf(real.run)).toEqual(real.before);
  });
});

/** What an account can get while somebody accepts. */
const GETS = {
  async password(tx: Db, userId: string) {
    await setPassword(tx, { userId, ...scene.chosen, phc: 'another', at: world.clock.now() });
  },
  async passkey(tx: Db, userId: string) {
    await storePasskey(tx, { userId, passkey: aPasskey(), at: world.clock.now() });
  },
  async identity(tx: Db, userId: string) {
    const { id: connectionId } = scene.google;
    const about = { provider: 'google-oauth2', connectionId, localId: `meanwhile-${userId}` };
    await linkNewIdentity(tx, { userId, identity: { ...about, now: world.clock.now() } });
  },
  async factor(tx: Db, userId: string) {
    const method = { userId, kind: 'totp', totpSecret: SECRET, confirmed: true } as const;
    const writing = { key: world.keys.encryption, now: world.clock.now() };
    await insertMethod(tx, method, writing);
  },
};

test.each<[Way, keyof typeof GETS]>([
  ['password', 'password'],
  ['password', 'passkey'],
  ['password', 'identity'],
  ['passkey', 'password'],
  ['passkey', 'passkey'],
  ['passkey', 'identity'],
  ['passkey', 'factor'],
])('an acceptance by %s adds nothing to an account that gets a %s at the same moment', async (way, what) => {
  const real = await begin('made');
  const userId = real.invitedUser?.id ?? '';
  const get = async (tx: Db) => {
    await sql`select 1 from users where id = ${userId} for update`.execute(tx);
    await GETS[what](tx, userId);
  };
  const [kind] = await overtaken(world, get, [() => scene.accept(real, way)]);
  expect(kind).not.toBe('done');
  const { credentials, has } = await scene.stateOf(real.run);
  expect(has).toEqual([]);
  expect(credentials).toHaveLength(what === 'identity' ? 0 : 1);
  expect(await invitations.findInvitation(world.db, real.id)).toMatchObject({ state: 'pending' });
});
