import { randomBytes } from 'node:crypto';
import {
  acceptInvitation,
  type Proof,
} from '../../src/flows/accept-invitation/accept-invitation.ts';
import { hashPassword } from '../../src/platform/password-hash/password-hash.ts';
import {
  storePasskey,
  type VerifiedPasskey,
} from '../../src/records/authentication-methods/authentication-methods.ts';
import { findConnectionByName } from '../../src/records/connections/connections.ts';
import { invitationSecret } from '../../src/records/invitations/invitations.ts';
import { linkNewIdentity, type User } from '../../src/records/users/users.ts';
import { storeProvidedIdentity } from '../../src/steps/adopt-identity/adopt-identity.ts';
import { aProvidedPerson } from '../harness/providers/provided-person.ts';
import { aConnectionToGoogle } from '../harness/providers/provider-world.ts';
import { API, made, type World } from '../harness/world.ts';
import { holds, type Real, stateOfRun, type Told } from './accepted-once.ts';

/** Tables that an acceptance writes. */
export const WRITTEN =
  'invitations users passwords authentication_methods provided_identities identity_tokens arrivals user_roles user_permissions organization_members organization_member_roles messages accepting_logins'.split(
    ' ',
  );

/** How somebody tries to accept. */
export const WAYS = [
  'password',
  'passkey',
  'identity',
  'unverifiedIdentity',
  'knownIdentity',
  'code',
  'account',
  'session',
  'colleague',
  'stranger',
] as const;
export type Way = (typeof WAYS)[number];

export type Scene = Awaited<ReturnType<typeof aSceneOfInvited>>;

const tokenKey = Buffer.alloc(32, 7);

export function aPasskey(): VerifiedPasskey {
  return {
    kind: 'passkey',
    credentialId: randomBytes(16).toString('base64url'),
    relyingParty: 'localhost',
    publicKey: 'AQID',
    counter: 0,
    userHandle: '',
    aaguid: '00000000-0000-0000-0000-000000000000',
    deviceType: 'multi_device',
    isBackedUp: true,
    transports: [],
  };
}

async function aConnectionForCodes({ server, db }: World, clientId: string) {
  const about = { name: 'email', strategy: 'email', enabled_clients: [clientId] };
  await made(server, '/connections', about);
  const stored = await findConnectionByName(db, about.name);
  if (stored === null) throw new Error('There is no connection for codes.');
  return stored;
}

/** An application with every way in, and what invites people to it. */
export async function aSceneOfInvited(world: World) {
  const { db, clock, keys, server } = world;
  const connection = await world.aConnection({
    authentication_methods: { passkey: { enabled: true } },
  });
  const client = await world.aClient(connection);
  const google = await aConnectionToGoogle(world, client.id);
  const codes = await aConnectionForCodes(world, client.id);
  const chosen = { phc: await hashPassword('Tulip-Canal-77'), historySize: 0 };
  let counter = 0;

  async function anInvited(
    kind: Told['invited'],
    email: string,
    run: string,
  ): Promise<User | null> {
    if (kind === 'address') return null;
    if (kind === 'withPassword') {
      return world.aUser(connection, { email, emailVerified: true, password: 'Meadow-Canal-78' });
    }
    const user = await world.aUser(connection, { email, emailVerified: kind !== 'made' });
    const at = clock.now();
    await db.transaction().execute(async (tx) => {
      if (kind === 'withPasskey')
        await storePasskey(tx, { userId: user.id, passkey: aPasskey(), at });
      if (kind !== 'withIdentity') return;
      const localId = `linked-${run}`;
      const identity = { provider: 'google-oauth2', connectionId: google.id, localId, now: at };
      await linkNewIdentity(tx, { userId: user.id, identity });
    });
    return user;
  }

  const identityOf = (subject: string, email: string, emailVerified = true) =>
    aProvidedPerson({
      subject,
      userIdPart: subject,
      email,
      emailVerified,
      isAuthoritative: emailVerified,
    });

  async function begin(told: Told): Promise<Real> {
    const run = `run${++counter}`;
    const email = `person@${run}.test`;
    const roleId = (await made(server, '/roles', { name: `role of ${run}` })).id;
    const enabled = [connection, google, codes].map(({ id }) => ({ connection_id: id }));
    const organization = told.toOrganization
      ? await world.anOrganization({ enabled_connections: enabled })
      : null;
    const invitedUser = await anInvited(told.invited, email, run);
    const colleague = await world.aUser(connection, {
      email: `colleague@${run}.test`,
      emailVerified: true,
    });
    const stranger = await world.aUser(connection, {
      email: `stranger@elsewhere-${run}.test`,
      emailVerified: true,
    });
    if (told.codeIsKnown)
      await world.aUser(codes, { provider: 'email', email, emailVerified: true });
    await db.transaction().execute((tx) =>
      storeProvidedIdentity(tx, {
        connection: google,
        identity: identityOf(`known-${run}`, email),
        linkTo: null,
        mayCreate: true,
        tokenKey,
        at: clock.now(),
      }),
    );
    const plan = {
      roles: [roleId],
      permissions: [{ apiIdentifier: API, name: 'read:orders' }],
      appMetadata: { run },
      userMetadata: { run },
      data: { run },
      emailPolicy: told.policy,
      ...(organization && { organizationId: organization.id, memberRoles: [roleId] }),
    };
    const { id } = await world.anInvitation(invitedUser ?? { email, connectionId: connection.id }, {
      clientId: client.id,
      plan,
      madeUser: told.invited === 'made',
    });
    return {
      ...told,
      id,
      email,
      run,
      roleId,
      organizationId: organization?.id ?? null,
      invitedUser,
      colleague,
      stranger,
      before: await stateOfRun(db, run),
      accepted: 0,
      ended: null,
    };
  }

  function proofOf(real: Real, way: Way): Proof {
    const { run, email } = real;
    const known = real.invitedUser?.id ?? 'auth0|nobody';
    const account = { kind: 'account', hasLoggedIn: true } as const;
    const identity = { kind: 'identity', connection: google, tokenKey } as const;
    switch (way) {
      case 'password':
        return { kind: 'password', password: chosen };
      case 'passkey':
        return { kind: 'passkey', passkey: aPasskey() };
      case 'identity':
        return { ...identity, identity: identityOf(`new-${run}`, email) };
      case 'unverifiedIdentity':
        return { ...identity, identity: identityOf(`unverified-${run}`, email, false) };
      case 'knownIdentity':
        return { ...identity, identity: identityOf(`known-${run}`, email) };
      case 'code':
        return { kind: 'code', connection: codes, recipient: email };
      case 'account':
        return { ...account, userId: known };
      case 'session':
        return { ...account, userId: known, hasLoggedIn: false };
      case 'colleague':
        return { ...account, userId: real.colleague.id };
      case 'stranger':
        return { ...account, userId: real.stranger.id };
    }
  }

  const secretOf = (real: Real, generation = 0) =>
    invitationSecret(keys.ticket, { id: real.id, generation });

  /** Accepts with the link. Returns how that ends. */
  async function accept(real: Real, way: Way, generation = 0): Promise<string> {
    const secret = secretOf(real, generation);
    const { kind } = await acceptInvitation(server.app.deps, { secret, proof: proofOf(real, way) });
    if (kind === 'done') real.accepted += 1;
    return kind;
  }

  return {
    world,
    connection,
    google,
    codes,
    client,
    chosen,
    begin,
    accept,
    proofOf,
    secretOf,
    stateOf: (run: string) => stateOfRun(db, run),
    holds: (real: Real) => holds(db, real),
  };
}
