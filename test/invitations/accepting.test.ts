import { beforeAll, describe, expect, test } from 'vitest';
import {
  acceptInvitation,
  type Proof,
} from '../../src/flows/accept-invitation/accept-invitation.ts';
import type { Client } from '../../src/records/clients/clients.ts';
import type { Connection } from '../../src/records/connections/connections.ts';
import { type CampaignPlan, findInvitation } from '../../src/records/invitations/invitations.ts';
import { queueMessages } from '../../src/records/messages/messages.ts';
import { isMember } from '../../src/records/organizations/organizations.ts';
import { listPermissionsOfUser, rolesOfUser } from '../../src/records/roles/roles.ts';
import {
  findUser,
  findUserByEmail,
  INVITED_STATUS,
  linkedIdentities,
  recordLogin,
  type User,
} from '../../src/records/users/users.ts';
import { storeProvidedIdentity } from '../../src/steps/adopt-identity/adopt-identity.ts';
import { aProvidedPerson } from '../harness/providers/provided-person.ts';
import { aConnectionToGoogle } from '../harness/providers/provider-world.ts';
import { aVisitor, headlineOf, textOf } from '../harness/visitor.ts';
import { made, openStillWorld, type StillWorld } from '../harness/world.ts';

const API = 'https://seats.example.test';
const PASSWORD = 'Tulip-Canal-77';
const tokenKey = Buffer.alloc(32, 7);

let world: StillWorld;
let connection: Connection;
let google: Connection;
let client: Client;
let role: string;
let counter = 0;

beforeAll(async () => {
  world = await openStillWorld();
  connection = await world.aConnection();
  client = await world.aClient(connection);
  google = await aConnectionToGoogle(world, client.id);
  role = (await made(world.server, '/roles', { name: 'guest' })).id;
  await made(world.server, '/resource-servers', {
    identifier: API,
    scopes: [{ value: 'take:seat' }],
  });
});

const anAddress = (domain = 'invited.test') => `person-${++counter}@${domain}`;
const now = () => world.clock.now();

/** An invitation of an address, or of a user made up front. */
async function invite(
  chosen: Partial<CampaignPlan> = {},
  whom: { user?: User; email?: string; madeUser?: boolean } = {},
) {
  const { user, madeUser = false } = whom;
  const email = user?.email ?? whom.email ?? anAddress();
  const invited = user ?? { email, connectionId: connection.id };
  const plan = { ttlSec: 3600, ...chosen };
  const invitation = await world.anInvitation(invited, { clientId: client.id, plan, madeUser });
  return { ...invitation, email, path: `/u/invitation?ticket=${invitation.secret}` };
}

/** A user whom an invitation has made, and who has done nothing yet. */
async function invitedUser(chosen: Partial<CampaignPlan> = {}) {
  const user = await world.aUser(connection, {
    email: anAddress(),
    appMetadata: { ...INVITED_STATUS, team: 'blue' },
  });
  return { user, ...(await invite(chosen, { user, madeUser: true })) };
}

function identityOf(email: string | null, emailVerified = true): Proof & { kind: 'identity' } {
  const address = { email, emailVerified: emailVerified && email !== null, isAuthoritative: false };
  const identity = aProvidedPerson(address);
  return { kind: 'identity', connection: google, identity, tokenKey };
}

const accept = (secret: string, proof: Proof) =>
  acceptInvitation(world.server.app.deps, { secret, proof });
const stateOf = async (id: string) => (await findInvitation(world.db, id))?.state;

describe('an invited address without an account', () => {
  test('gets one with everything that the invitation carries, and not before', async () => {
    const organization = await world.anOrganization();
    const plan = {
      roles: [role],
      permissions: [
        { apiIdentifier: API, name: 'take:seat' },
        { apiIdentifier: API, name: 'gone:since' },
        { apiIdentifier: 'https://gone.test', name: 'x' },
      ],
      memberRoles: [role],
      organizationId: organization.id,
      appMetadata: { plan: 'pro' },
      createUser: 'on_accept' as const,
    };
    const { id, email, path } = await invite(plan);
    const key = { connectionId: connection.id, email };
    const visitor = aVisitor(world);
    const page = await visitor.get(path);
    expect(await findUserByEmail(world.db, key)).toBeNull();
    await visitor.submit(page, { password: PASSWORD, repeat: PASSWORD });
    const user = await findUserByEmail(world.db, key);
    if (user === null) throw new Error('The acceptance made no user.');
    expect(user).toMatchObject({ emailVerified: true, appMetadata: { plan: 'pro' } });
    const page1 = { userId: user.id, offset: 0, limit: 10 };
    expect(await rolesOfUser(world.db, page1)).toMatchObject([{ id: role }]);
    expect((await listPermissionsOfUser(world.db, page1)).permissions).toMatchObject([
      { permission: 'take:seat' },
    ]);
    expect(await isMember(world.db, { organizationId: organization.id, userId: user.id })).toBe(
      true,
    );
    expect(await findInvitation(world.db, id)).toMatchObject({
      state: 'accepted',
      acceptedUserId: user.id,
      userId: null,
    });
  });

  test('has one open invitation to an application, and gets a new link after its expiry', async () => {
    const first = await invite();
    await expect(invite({}, { email: first.email })).rejects.toThrow('was not invited.');
    world.passTime(3601);
    const second = await invite({}, { email: first.email });
    expect(second.id).toBe(first.id);
    expect(second.secret).not.toBe(first.secret);
  });
});

describe('the status of an invited user', () => {
  test('ends with the acceptance', async () => {
    const { user, secret } = await invitedUser();
    await accept(secret, { kind: 'password', password: PASSWORD });
    expect((await findUser(world.db, user.id))?.appMetadata).toEqual({ team: 'blue' });
  });

  test('ends with the first login, and not with a later one', async () => {
    const { user } = await invitedUser();
    const login = { userId: user.id, ip: '192.0.2.1', at: now() };
    await recordLogin(world.db, login);
    expect((await findUser(world.db, user.id))?.appMetadata).toEqual({ team: 'blue' });
    const other = await world.aUser(connection, { appMetadata: { status: 'active' } });
    await recordLogin(world.db, { ...login, userId: other.id });
    expect((await findUser(world.db, other.id))?.appMetadata).toEqual({ status: 'active' });
  });
});

describe('another account than the invited one', () => {
  async function acceptsAs(email: string, emailVerified: boolean, plan: Partial<CampaignPlan>) {
    const invited = await invitedUser(plan);
    const other = await world.aUser(connection, { email, emailVerified, password: PASSWORD });
    const visitor = aVisitor(world);
    const page = await visitor.get(`/u/invitation-account?ticket=${invited.secret}`);
    const answer = await visitor.submit(page, { username: email, password: PASSWORD });
    return { ...invited, other, answer };
  }

  test('is explained, and leaves the invitation open for the right person', async () => {
    const { id, email, secret, other, answer, path } = await acceptsAs(anAddress(), true, {});
    expect(answer.status).toBe(409);
    expect(headlineOf(answer)).toBe('This invitation is for another account');
    expect(textOf(answer)).toContain(`You logged in as ${other.email}.`);
    expect(textOf(answer)).toContain(`This invitation is for ${email}.`);
    expect(answer.html).toContain(`href="${path}"`);
    expect(await stateOf(id)).toBe('pending');
    expect((await accept(secret, { kind: 'password', password: PASSWORD })).kind).toBe('done');
  });

  test.each([
    ['same_domain', 'invited.test', true, true],
    ['same_domain', 'elsewhere.test', true, false],
    ['same_domain', 'sub.invited.test', true, false],
    ['same_domain', 'notinvited.test', true, false],
    ['same_domain', 'invited.test.evil.test', true, false],
    ['same_domain', 'xn--nvited-4va.test', true, false],
    ['same_domain', 'invited.test', false, false],
    ['any_verified', 'elsewhere.test', true, true],
    ['any_verified', 'elsewhere.test', false, false],
  ] as const)('with the policy %s, address at %s, verified: %s, accepts: %s', async (policy, domain, verified, accepts) => {
    const plan = { emailPolicy: policy, roles: [role] };
    const { id, user, other, answer } = await acceptsAs(anAddress(domain), verified, plan);
    expect(answer.status).toBe(accepts ? 303 : 409);
    expect(await stateOf(id)).toBe(accepts ? 'accepted' : 'pending');
    const page = { userId: other.id, offset: 0, limit: 10 };
    expect(await rolesOfUser(world.db, page)).toHaveLength(accepts ? 1 : 0);
    // The user who was made for the invitation has no purpose any more.
    expect((await findUser(world.db, user.id)) === null).toBe(accepts);
  });

  test('leaves the account that was made for the invitation, if an operator has written into it since', async () => {
    const plan = { emailPolicy: 'any_verified' } as const;
    const { user, secret } = await invitedUser(plan);
    world.passTime(1);
    const path = `/api/v2/users/${encodeURIComponent(user.id)}`;
    await world.server.api('PATCH', path, { app_metadata: { customer: 17 } });
    const outcome = await accept(secret, identityOf(anAddress('elsewhere.test')));
    expect(outcome.kind).toBe('done');
    expect((await findUser(world.db, user.id))?.appMetadata).toMatchObject({ customer: 17 });
  });
});

describe('an identity of a provider', () => {
  test('becomes one of the invited account', async () => {
    const { id, user, email, secret } = await invitedUser({ roles: [role] });
    const outcome = await accept(secret, identityOf(email));
    expect(outcome).toMatchObject({ kind: 'done', userId: user.id });
    const linked = (await linkedIdentities(world.db, [user.id])).get(user.id);
    expect(linked).toMatchObject([{ connectionId: google.id }]);
    expect(await findInvitation(world.db, id)).toMatchObject({
      acceptedBy: 'identity',
      acceptedUserId: user.id,
    });
    expect((await findUser(world.db, user.id))?.emailVerified).toBe(true);
  });

  test('with another verified address is the wrong account, and makes no user', async () => {
    const { id, secret } = await invitedUser();
    const proof = identityOf(anAddress());
    expect(await accept(secret, proof)).toMatchObject({
      kind: 'wrong-account',
      policy: 'same',
      address: proof.identity.email,
    });
    expect(await findUser(world.db, `google-oauth2|${proof.identity.subject}`)).toBeNull();
    expect(await stateOf(id)).toBe('pending');
  });

  test('with another address that the policy takes becomes a user of its own', async () => {
    const { user, secret } = await invitedUser({ emailPolicy: 'any_verified' });
    const proof = identityOf(anAddress('elsewhere.test'));
    const outcome = await accept(secret, proof);
    const userId = `google-oauth2|${proof.identity.subject}`;
    expect(outcome).toMatchObject({ kind: 'done', userId });
    expect(await findUser(world.db, user.id)).toBeNull();
  });

  test('of another person leaves a user to whom an operator has given something', async () => {
    const { id, user, secret } = await invitedUser({ emailPolicy: 'any_verified' });
    const path = `/api/v2/users/${encodeURIComponent(user.id)}/roles`;
    expect((await world.server.api('POST', path, { roles: [role] })).status).toBe(204);
    expect((await accept(secret, identityOf(anAddress('elsewhere.test')))).kind).toBe('done');
    expect(await findUser(world.db, user.id)).not.toBeNull();
    expect(await findInvitation(world.db, id)).toMatchObject({ userId: user.id });
  });

  test('without an address is no key to an account in use', async () => {
    const user = await world.aUser(connection, { email: anAddress(), password: PASSWORD });
    const { id, secret } = await invite({}, { user });
    expect((await accept(secret, identityOf(null))).kind).toBe('wrong-account');
    expect(await stateOf(id)).toBe('pending');
    const fresh = await invitedUser();
    expect(await accept(fresh.secret, identityOf(null))).toMatchObject({ userId: fresh.user.id });
  });

  test('that a user has already brings its user, if the invitation takes it', async () => {
    const { user, email, secret } = await invitedUser();
    const proof = identityOf(email);
    const adopted = await world.db
      .transaction()
      .execute((tx) =>
        storeProvidedIdentity(tx, { ...proof, linkTo: null, mayCreate: true, at: now() }),
      );
    if (adopted.kind !== 'stored') throw new Error('The identity was not stored.');
    expect(await accept(secret, proof)).toMatchObject({ kind: 'done', userId: adopted.user.id });
    expect(await findUser(world.db, user.id)).toBeNull();
    const foreign = await invitedUser();
    expect((await accept(foreign.secret, proof)).kind).toBe('wrong-account');
  });

  test('of a connection that the invitation does not allow accepts nothing', async () => {
    const { id, email, secret } = await invitedUser({ connectionIds: [connection.id] });
    expect((await accept(secret, identityOf(email))).kind).toBe('unserved');
    expect(await stateOf(id)).toBe('pending');
  });
});

test('a passkey accepts for a person without a password, and not for one with a password', async () => {
  const passkey = () => ({
    kind: 'passkey' as const,
    credentialId: `credential-${++counter}`,
    relyingParty: 'localhost',
    publicKey: Buffer.from('a key').toString('base64url'),
    counter: 0,
    userHandle: '',
    aaguid: '',
    deviceType: 'multi_device' as const,
    isBackedUp: true,
    transports: [],
  });
  const { id, secret } = await invite();
  const early = await accept(secret, { kind: 'passkey', passkey: passkey() });
  expect(early.kind, 'the connection has no passkeys').toBe('unserved');
  await world.aConnection({ authentication_methods: { passkey: { enabled: true } } });
  const outcome = await accept(secret, { kind: 'passkey', passkey: passkey() });
  expect(outcome.kind).toBe('done');
  expect(await findInvitation(world.db, id)).toMatchObject({ acceptedBy: 'passkey' });
  const user = await world.aUser(connection, { email: anAddress(), password: PASSWORD });
  const second = await invite({}, { user });
  expect((await accept(second.secret, { kind: 'passkey', passkey: passkey() })).kind).toBe('login');
});

describe('declining', () => {
  test('asks first, ends the link and its mails, and cannot be renewed', async () => {
    const { id, email, secret } = await invite({ inviter: { name: 'Mira' } });
    const mail = { template: 'user_invitation', userId: null, invitationId: id } as const;
    await queueMessages(world.db, [{ ...mail, campaignId: null, recipient: email }], now());
    const visitor = aVisitor(world);
    expect((await visitor.get(`/u/invitation?ticket=${secret}`)).html).toContain(
      `/u/decline-invitation?ticket=${secret}`,
    );
    const question = await visitor.get(`/u/decline-invitation?ticket=${secret}`);
    expect(textOf(question)).toContain('ask Mira for a new invitation');
    expect(await stateOf(id)).toBe('pending');
    const answer = await visitor.submit(question, {});
    expect(answer.status).toBe(410);
    expect(headlineOf(answer)).toBe('This invitation was declined');
    expect(answer.html).not.toContain('/u/new-link');
    expect(await findInvitation(world.db, id)).toMatchObject({
      state: 'declined',
      declinedAt: now(),
    });
    const mails = await world.server.api<{ mail: { state: string }; state: string }>(
      'GET',
      `/api/v2/invitations/${id}`,
    );
    expect(mails.body).toMatchObject({ state: 'declined', mail: { state: 'canceled' } });
    const again = await world.server.api('POST', `/api/v2/invitations/${id}/resend`);
    expect(again.text).toContain('The invitation is declined.');
    expect((await accept(secret, { kind: 'password', password: PASSWORD })).kind).toBe('declined');
  });

  test('of an invitation that is over changes nothing', async () => {
    const { id, secret } = await invite();
    await accept(secret, { kind: 'password', password: PASSWORD });
    const visitor = aVisitor(world);
    const answer = await visitor.get(`/u/decline-invitation?ticket=${secret}`);
    expect(headlineOf(answer)).not.toContain('Decline');
    expect(await stateOf(id)).toBe('accepted');
  });
});
