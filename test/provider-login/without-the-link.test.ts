import { sql } from 'kysely';
import { beforeAll, describe, expect, test } from 'vitest';
import { findInvitation } from '../../src/records/invitations/invitations.ts';
import { findPassword } from '../../src/records/passwords/passwords.ts';
import { findUser, linkedIdentities } from '../../src/records/users/users.ts';
import { aPassword } from '../harness/factories.ts';
import { openBrowser } from '../harness/providers/person.ts';
import { openProviderWorld, type ProviderWorld } from '../harness/providers/provider-world.ts';
import { headlineOf } from '../harness/visitor.ts';
import { claimsOf, made, type Shown } from '../harness/world.ts';

// A person who was invited, and for whom the invitation made an account, logs in with a provider without the link.

let world: ProviderWorld;
let client: ProviderWorld['client'];
let provider: ProviderWorld['provider'];
let role: string;
let serial = 0;

beforeAll(async () => {
  // The provider vouches for the addresses of this domain only.
  world = await openProviderWorld({ domain_aliases: ['acme.example'] });
  ({ client, provider } = world);
  role = (await made(world.server, '/roles', { name: 'Guest' })).id;
});

/** Invites an address that has no account. Returns the account that the invitation makes, and the person at the provider. */
async function anInvited(settings: object = {}, domain = 'acme.example') {
  const email = `ada-${++serial}@${domain}`;
  const asked = { recipients: [email], client_id: client.id, roles: [role], ...settings };
  await made(world.server, '/invitations', asked);
  const listed = await world.server.api<{ id: string; user_id: string }[]>(
    'GET',
    `/api/v2/invitations?email=${email}`,
  );
  const [{ id, user_id: userId } = { id: '', user_id: '' }] = listed.body;
  const person = { sub: `ada-${serial}`, email, email_verified: true, name: 'Ada' };
  return { id, userId, email, person };
}

type Person = Awaited<ReturnType<typeof anInvited>>['person'];

/** Logs a person in at the provider. Returns where the browser is then. */
async function arrives(person: Person, tab = openBrowser()): Promise<Shown> {
  provider.logsIn(person);
  const shown = await tab.go(world.authorize(client, { audience: '', scope: 'openid' }));
  return tab.choose(shown, 'acme-id');
}

const subjectOf = async (back: URL | null) =>
  back && String(claimsOf((await world.exchange(client, back)).body.id_token).sub);
const identitiesOf = async (userId: string) =>
  ((await linkedIdentities(world.db, [userId])).get(userId) ?? []).map(({ id }) => id);
const headline = ({ page: html, status }: Shown) => headlineOf({ html, status, headers: {} });

test('a person whose account the invitation made is not asked about it, and gets everything', async () => {
  const { id, userId, person } = await anInvited();
  expect(await subjectOf((await arrives(person)).back)).toBe(userId);
  expect(await identitiesOf(userId)).toEqual([`oidc|acme-id|${person.sub}`]);
  expect(await findInvitation(world.db, id)).toMatchObject({
    state: 'accepted',
    acceptedUserId: userId,
  });
  expect(await findUser(world.db, userId)).toMatchObject({
    emailVerified: true,
    loginsCount: 1,
    appMetadata: null,
  });
  const { body } = await world.server.api<{ id: string }[]>('GET', `/api/v2/users/${userId}/roles`);
  expect(body.map((given) => given.id)).toEqual([role]);
  expect(await subjectOf((await arrives(person)).back)).toBe(userId);
});

test('a person with two open invitations is not asked about the account that the first one made', async () => {
  const { userId, email, person } = await anInvited();
  const other = await world.registerClient();
  await made(world.server, '/invitations', { recipients: [email], client_id: other.id });
  expect(await subjectOf((await arrives(person)).back)).toBe(userId);
});

test('a connection that is closed to newcomers lets the invited person in, and nobody else', async () => {
  const path = `/api/v2/connections/${world.acme.id}`;
  const { options } = world.acme;
  const closed = { options: { ...options, disable_signup: true } };
  expect((await world.server.api('PATCH', path, closed)).status).toBe(200);
  try {
    const { userId, person } = await anInvited();
    const other = { ...person, sub: 'eve', email: 'eve@acme.example' };
    expect((await arrives(other)).back?.searchParams.has('code') ?? false).toBe(false);
    expect(await subjectOf((await arrives(person)).back)).toBe(userId);
  } finally {
    await world.server.api('PATCH', path, { options });
  }
});

describe('a person is asked about the account that the invitation made', () => {
  const asIs = () => Promise.resolve();
  const writes = (what: string) => (userId: string) =>
    sql`update users set ${sql.raw(what)} where id = ${userId}`.execute(world.db);
  const calls = async (...request: Parameters<typeof world.server.api>) => {
    const { status, text } = await world.server.api(...request);
    expect(status, text).toBeLessThan(300);
  };
  const patches = (body: object) => (userId: string) =>
    calls('PATCH', `/api/v2/users/${userId}`, body);

  test.each<[string, () => object, (userId: string, id: string) => Promise<unknown>]>([
    ['if it excludes the provider', () => ({ connections: [world.connectionId] }), asIs],
    ['if only its link accepts it', () => ({ invitee_may: 'link_only' }), asIs],
    ['if it is revoked', () => ({}), (_, id) => calls('DELETE', `/api/v2/invitations/${id}`)],
    [
      'if it has ended',
      () => ({}),
      (_, id) =>
        sql`update invitations set expires_at = created_at where id = ${id}`.execute(world.db),
    ],
    ['if the account has a password', () => ({}), patches({ password: aPassword() })],
    ['if the account has logged in', () => ({}), writes('logins_count = 1')],
    ['if the account has imported factors', () => ({}), writes(`mfa_factors = '[]'`)],
    ['if an operator has written into it', () => ({}), patches({ user_metadata: { seat: 'A7' } })],
    [
      'if an operator has given it a role',
      () => ({}),
      (userId) => calls('POST', `/api/v2/users/${userId}/roles`, { roles: [role] }),
    ],
    ['if it is blocked', () => ({}), writes('blocked = true')],
  ])('%s', async (_, settings, change) => {
    const { userId, id, person } = await anInvited(settings());
    await change(userId, id);
    const shown = await arrives(person);
    expect([shown.status, headline(shown)]).toEqual([200, 'Is this your account?']);
    expect(await identitiesOf(userId)).toEqual([]);
    expect((await findInvitation(world.db, id))?.state).not.toBe('accepted');
  });

  test('if it is for another application', async () => {
    const other = await world.registerClient();
    const { userId, person } = await anInvited({ client_id: other.id });
    expect(headline(await arrives(person))).toBe('Is this your account?');
    expect(await identitiesOf(userId)).toEqual([]);
  });
});

test('a person whose provider does not vouch for the address does not get the account that the invitation made', async () => {
  const { id, userId, person } = await anInvited({}, 'other.example');
  const sub = await subjectOf((await arrives(person)).back);
  expect(sub).toBe(`oidc|acme-id|${person.sub}`);
  expect(await identitiesOf(userId)).toEqual([]);
  expect(await findPassword(world.db, userId)).toBeNull();
  expect((await findInvitation(world.db, id))?.state).toBe('pending');
});
