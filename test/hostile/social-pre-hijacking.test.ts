import { beforeAll, describe, expect, test } from 'vitest';
import { findInvitation } from '../../src/records/invitations/invitations.ts';
import { findPassword } from '../../src/records/passwords/passwords.ts';
import { findUser, linkedIdentities, linkUser } from '../../src/records/users/users.ts';
import { aPassword } from '../harness/factories.ts';
import { DEFAULT_CONNECTION } from '../harness/harness.ts';
import { startFacebook } from '../harness/providers/facebook.ts';
import { ADA_AT_GOOGLE, startGoogle } from '../harness/providers/google.ts';
import { openBrowser } from '../harness/providers/person.ts';
import type { Person, StandIn } from '../harness/providers/stand-in.ts';
import { PROVIDER_CLIENT } from '../harness/providers/tokens.ts';
import { linkIn } from '../harness/smtp-sink.ts';
import { type ApiClient, claimsOf, made, openWorld, type World } from '../harness/world.ts';

// Account pre-hijacking (Sudhodanan and Paverd, USENIX Security 2022), where the owner of the address arrives with Google.

let world: World;
let client: ApiClient;
let google: StandIn;
let facebook: StandIn;
let serial = 0;

beforeAll(async () => {
  [google, facebook] = await Promise.all([startGoogle([]), startFacebook([])]);
  world = await openWorld({ providerEndpoints: { ...google.endpoints, ...facebook.endpoints } });
  client = await world.registerClient();
  const options = {
    client_id: PROVIDER_CLIENT.clientId,
    client_secret: PROVIDER_CLIENT.clientSecret,
  };
  for (const strategy of ['google-oauth2', 'facebook']) {
    const connection = { name: strategy, strategy, options, enabled_clients: [client.id] };
    await made(world.server, '/connections', connection);
  }
});

type Browser = ReturnType<typeof openBrowser>;

const begin = (tab: Browser) =>
  tab.go(world.authorize(client, { audience: '', scope: 'openid offline_access' }));

/** Logs in at a provider. Returns the user, or `null` if the browser stays here. */
async function arrives(
  standIn: StandIn,
  name: string,
  person: Person,
  tab = openBrowser(),
): Promise<string | null> {
  standIn.people.push(person);
  const fields = await standIn.logIn(await tab.leaveFor(await begin(tab), name), person);
  const { back } = await tab.go(
    `${world.server.url}/login/callback?${new URLSearchParams(fields)}`,
  );
  if (back === null) return null;
  return String(claimsOf((await world.exchange(client, back)).body.id_token).sub);
}

/** An owner of an address for which Google vouches, and a stranger's sign-up with it. */
async function aPlanted() {
  const email = `ada.${++serial}@gmail.com`;
  const password = aPassword();
  const user = await world.aUser(
    { id: world.connectionId },
    { email, password, isUnproven: true, emailVerified: false },
  );
  const stranger = openBrowser();
  await begin(stranger);
  const back = stranger.back(await stranger.send({ username: email, password }));
  const tokens = (await world.exchange(client, back)).body;
  const owner = { ...ADA_AT_GOOGLE, sub: `google-${serial}`, email, email_verified: true };
  return { email, password, user, stranger, refreshToken: tokens.refresh_token, owner };
}

describe('the owner of an address who arrives with Google', () => {
  test('shares the account with no password of a stranger (classic-federated merge)', async () => {
    const { owner, user, email, password } = await aPlanted();
    expect(await arrives(google, 'google-oauth2', owner)).toBe(user.id);
    expect(await findPassword(world.db, user.id)).toBeNull();
    const stranger = openBrowser();
    await begin(stranger);
    expect((await stranger.send({ username: email, password })).status).toBe(400);
  });

  test('ends the sessions and tokens of a stranger (unexpired session)', async () => {
    const { owner, stranger, refreshToken } = await aPlanted();
    await arrives(google, 'google-oauth2', owner);
    expect((await begin(stranger)).back).toBeNull();
    expect((await world.refresh(client, refreshToken)).status).toBe(403);
  });

  test('removes the identity of a stranger from the account (trojan identifier)', async () => {
    const { owner, user } = await aPlanted();
    const trojan = { id: `fb-${serial}`, name: 'Mallory', email: 'mallory@example.com' };
    const identityId = (await arrives(facebook, 'facebook', trojan)) ?? '';
    const link = { userId: user.id, identityId, now: world.clock.now() };
    await world.db.transaction().execute((tx) => linkUser(tx, link));
    expect(await arrives(facebook, 'facebook', trojan)).toBe(user.id);
    expect(await arrives(google, 'google-oauth2', owner)).toBe(user.id);
    expect(await arrives(facebook, 'facebook', trojan)).toBe(identityId);
  });

  test('ends the links that were mailed for the account before (unexpired change)', async () => {
    const { owner, user, email } = await aPlanted();
    const ticket = await world.aTicket(user, { kind: 'password-change', email });
    await arrives(google, 'google-oauth2', owner);
    const page = await fetch(`${world.server.url}/u/reset-verify?ticket=${ticket}`, {
      headers: { accept: 'text/html' },
    });
    expect(page.status).toBe(410);
  });

  test('is not asked about an account that a stranger opened at a provider that verifies nothing, and cannot give it the address', async () => {
    const email = `ada.${++serial}@gmail.com`;
    const stranger = { id: `fb-${serial}`, name: 'Mallory', email };
    const theirs = (await arrives(facebook, 'facebook', stranger)) ?? '';
    const owner = { ...ADA_AT_GOOGLE, sub: `google-${serial}`, email, email_verified: true };
    expect(await arrives(google, 'google-oauth2', owner)).toBe(`google-oauth2|${owner.sub}`);
    const mail = await world.server.sink.waitForMail(email);
    const link = linkIn(mail, /https?:\S+\/u\/email-verification\?ticket=\w+/);
    expect((await openBrowser().go(link)).status).toBe(403);
    expect(await findUser(world.db, theirs)).toMatchObject({ emailVerified: false });
  });
});

describe('a stranger who is not the owner of an invited address', () => {
  /** An address for which an invitation has made an account. */
  async function anInvited(domain: string) {
    const email = `ada.${++serial}@${domain}`;
    const user = await world.aUser({ id: world.connectionId }, { email, emailVerified: false });
    const { id } = await world.anInvitation(user, { clientId: client.id, madeUser: true });
    return { email, user, id };
  }

  async function isUntouched({ user, id }: Awaited<ReturnType<typeof anInvited>>) {
    expect((await linkedIdentities(world.db, [user.id])).get(user.id) ?? []).toEqual([]);
    expect(await findUser(world.db, user.id)).toMatchObject({ emailVerified: false });
    expect((await findInvitation(world.db, id))?.state).toBe('pending');
  }

  test('gets no account of the invitation with a provider that verifies nothing', async () => {
    const invited = await anInvited('gmail.com');
    const stranger = { id: `fb-${serial}`, name: 'Mallory', email: invited.email };
    expect(await arrives(facebook, 'facebook', stranger)).toBe(`facebook|${stranger.id}`);
    await isUntouched(invited);
  });

  test('is asked about it with a Google account of an address that Google does not run: who had the mailbox before may have made that', async () => {
    const invited = await anInvited('another.example');
    const { email } = invited;
    const stranger = { ...ADA_AT_GOOGLE, sub: `google-${serial}`, email, email_verified: true };
    expect(await arrives(google, 'google-oauth2', stranger)).toBeNull();
    await isUntouched(invited);
  });

  test('who signs up with it before does not share the account with the owner', async () => {
    const invited = await anInvited('gmail.com');
    const { email, user } = invited;
    const body = { client_id: client.id, connection: DEFAULT_CONNECTION };
    const { status } = await fetch(`${world.server.url}/dbconnections/signup`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ ...body, email, password: aPassword() }),
    });
    expect(status).toBeLessThan(500);
    await isUntouched(invited);
    const owner = { ...ADA_AT_GOOGLE, sub: `google-${serial}`, email, email_verified: true };
    expect(await arrives(google, 'google-oauth2', owner)).toBe(user.id);
    expect(await findPassword(world.db, user.id)).toBeNull();
  });
});
