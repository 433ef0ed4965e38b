import { beforeAll, expect, test } from 'vitest';
import { findInvitation } from '../../src/records/invitations/invitations.ts';
import { findUser, linkedIdentities } from '../../src/records/users/users.ts';
import { aPassword, aPerson, atOnce } from '../harness/factories.ts';
import { openBrowser } from '../harness/providers/person.ts';
import { openProviderWorld, type ProviderWorld } from '../harness/providers/provider-world.ts';
import { textOf } from '../harness/visitor.ts';
import { CALLBACK, claimsOf, made, type Shown } from '../harness/world.ts';

let world: ProviderWorld;
let client: ProviderWorld['client'];
let provider: ProviderWorld['provider'];
let connectionId: string;
let serial = 0;

beforeAll(async () => {
  world = await openProviderWorld({ domain_aliases: ['acme.example'] });
  ({ client, provider } = world);
  connectionId = world.acme.id;
});

const pageOf = ({ page: html, status }: Shown) => ({ html, status, headers: {} });
const subjectAt = async (back: URL) =>
  String(claimsOf((await world.exchange(client, back)).body.id_token).sub);

/** A person who was invited, and has no password yet. */
async function anInvited() {
  const email = `ada-${++serial}@acme.example`;
  const user = await world.aUser({ id: world.connectionId }, { email });
  const plan = {
    resultUrl: `${CALLBACK}?accepted=1`,
    connectionIds: [world.connectionId, connectionId],
  };
  const invitation = await world.anInvitation(user, { clientId: client.id, plan });
  const url = `${world.server.url}/u/invitation?ticket=${invitation.secret}`;
  const person = { sub: `ada-${serial}`, email, email_verified: true, name: 'Ada' };
  return { ...invitation, url, user, person };
}

const stateOf = async (id: string) => (await findInvitation(world.db, id))?.state;

test('an invitation is accepted with a provider, and the login at the application follows', async () => {
  const { url, person, user, id } = await anInvited();
  provider.logsIn(person);
  const tab = openBrowser();
  const accepted = await tab.choose(await tab.go(url), 'acme-id');
  const result = tab.back(accepted).searchParams;
  expect(result.get('accepted')).toBe('1');
  // There is no new password.
  expect(result.get('message')).toBe('You can now login to the application.');
  expect(provider.requests.at(-1)?.get('login_hint')).toBe(person.email);
  const back = tab.back(await tab.go(world.authorize(client, { audience: '', scope: 'openid' })));
  expect(await subjectAt(back)).toBe(user.id);
  expect(await stateOf(id)).toBe('accepted');
  const linked = (await linkedIdentities(world.db, [user.id])).get(user.id) ?? [];
  expect(linked.map((identity) => identity.id)).toEqual([`oidc|acme-id|${person.sub}`]);
});

test('an invitation is accepted once by sixteen answers of the provider at once', async () => {
  const { url, person, user } = await anInvited();
  provider.logsIn(person);
  const tab = openBrowser();
  const leaving = await tab.leaveFor(await tab.go(url), 'acme-id');
  const { headers } = await fetch(leaving, { redirect: 'manual' });
  const ends = await atOnce(16, () => tab.go(headers.get('location') ?? ''));
  expect(ends.filter(({ back }) => back !== null)).toHaveLength(1);
  expect((await linkedIdentities(world.db, [user.id])).get(user.id)).toHaveLength(1);
});

test('another account than the invited one gets an explanation, and the invitation lives', async () => {
  const { url, person, id } = await anInvited();
  provider.logsIn({ ...person, email: 'another@acme.example' });
  const tab = openBrowser();
  const refused = await tab.choose(await tab.go(url), 'acme-id');
  expect(refused.status).toBe(409);
  expect(textOf(pageOf(refused))).toContain(person.email);
  expect(await stateOf(id)).toBe('pending');
  provider.logsIn(person);
  const accepted = await tab.choose(await tab.go(url), 'acme-id');
  expect(tab.back(accepted).searchParams.get('accepted')).toBe('1');
});

test('a person who does not agree at the provider sees the invitation again', async () => {
  const { url, id } = await anInvited();
  provider.denies();
  const tab = openBrowser();
  const refused = await tab.choose(await tab.go(url), 'acme-id');
  expect(textOf(pageOf(refused))).toContain('You have not logged in with acme-id.');
  expect(refused.page).toContain('value="acme-id"');
  expect(await stateOf(id)).toBe('pending');
});

test('an answer for an invitation is worth nothing in another browser', async () => {
  const { url, person, id } = await anInvited();
  provider.logsIn(person);
  const tab = openBrowser();
  const leaving = await tab.leaveFor(await tab.go(url), 'acme-id');
  const { headers } = await fetch(leaving, { redirect: 'manual' });
  const callback = headers.get('location') ?? '';
  const stranger = openBrowser();
  await stranger.go(url);
  expect((await stranger.go(callback)).status).toBe(400);
  expect(await stateOf(id)).toBe('pending');
  expect(tab.back(await tab.go(callback)).searchParams.get('accepted')).toBe('1');
});

test('the link alone sets no password for an account that logs in with a provider', async () => {
  const { url, person, user } = await anInvited();
  provider.logsIn(person);
  const tab = openBrowser();
  await tab.choose(await tab.go(url), 'acme-id');
  const plan = {
    resultUrl: `${CALLBACK}?accepted=2`,
    connectionIds: [world.connectionId, connectionId],
  };
  const next = await world.anInvitation(user, { clientId: client.id, plan });
  const nextUrl = `${world.server.url}/u/invitation?ticket=${next.secret}`;
  const stranger = openBrowser();
  const shown = await stranger.go(nextUrl);
  expect(shown.page).not.toContain('name="password"');
  const password = aPassword();
  const refused = await stranger.answer(shown, { password, repeat: password });
  expect([refused.status, await stateOf(next.id)]).toEqual([409, 'pending']);
  provider.logsIn(person);
  await tab.choose(await tab.go(nextUrl), 'acme-id');
  expect(await stateOf(next.id)).toBe('accepted');
});

test('an invitation to an organization is accepted with a provider', async () => {
  const organization = await world.anOrganization({
    enabled_connections: [{ connection_id: connectionId }],
  });
  const { email } = aPerson({ email: `eve-${++serial}@acme.example` });
  const { ticket_id: ticket } = await world.inviteTo(organization, client, { invitee: { email } });
  provider.logsIn({ sub: 'eve', email, email_verified: true });
  const tab = openBrowser();
  const shown = await tab.go(
    world.authorize(client, {
      audience: '',
      scope: 'openid',
      organization: organization.id,
      invitation: ticket,
    }),
  );
  const back = tab.back(await tab.choose(shown, 'acme-id'));
  const claims = claimsOf((await world.exchange(client, back)).body.id_token);
  expect(claims).toMatchObject({ sub: 'oidc|acme-id|eve', org_id: organization.id });
  const { body } = await world.server.api<{ user_id: string }[]>(
    'GET',
    `/api/v2/organizations/${organization.id}/members`,
  );
  expect(body.map((member) => member.user_id)).toEqual(['oidc|acme-id|eve']);
});

test('the explanation for a wrong account leads back to the invitation to the organization', async () => {
  const organization = await world.anOrganization({
    enabled_connections: [{ connection_id: connectionId }],
  });
  const email = `ida-${++serial}@acme.example`;
  const { ticket_id: invitation } = await world.inviteTo(organization, client, {
    invitee: { email },
  });
  const person = { sub: `ida-${serial}`, email, email_verified: true };
  provider.logsIn({ ...person, sub: `other-${serial}`, email: `other-${email}` });
  const tab = openBrowser();
  const params = { organization: organization.id, invitation };
  const shown = await tab.go(world.authorize(client, { audience: '', scope: 'openid', ...params }));
  const refused = await tab.choose(shown, 'acme-id');
  expect(refused.status).toBe(409);
  const [, again = ''] = /href="([^"]+)">Log in with another account/.exec(refused.page) ?? [];
  const url = new URL(again.replaceAll('&amp;', '&'), world.server.url).href;
  provider.logsIn(person);
  const back = tab.back(await tab.choose(await tab.go(url), 'acme-id'));
  const claims = claimsOf((await world.exchange(client, back)).body.id_token);
  expect(claims).toMatchObject({ sub: `oidc|acme-id|${person.sub}`, org_id: organization.id });
});

test('an account that exists accepts an invitation to an organization with a provider, and its login carries the data', async () => {
  const organization = await world.anOrganization({
    enabled_connections: [{ connection_id: connectionId }, { connection_id: world.connectionId }],
  });
  const email = `kim-${++serial}@acme.example`;
  const user = await world.aUser({ id: world.connectionId }, { email });
  const data = { seat: 'A7' };
  const { ticket_id: ticket } = await world.inviteTo(organization, client, {
    invitee: { email },
    data,
  });
  provider.logsIn({ sub: `kim-${serial}`, email, email_verified: true });
  const tab = openBrowser();
  const params = { organization: organization.id, invitation: ticket };
  const shown = await tab.go(world.authorize(client, { audience: '', scope: 'openid', ...params }));
  const back = tab.back(await tab.choose(shown, 'acme-id'));
  const claims = claimsOf((await world.exchange(client, back)).body.id_token);
  expect(claims).toMatchObject({ sub: user.id, 'https://usher.dev/invitation': { data } });
  expect((await findUser(world.db, user.id))?.loginsCount).toBe(1);
});

test('an account whose provider has another address now accepts nothing that was promised to the former one', async () => {
  const email = `lee-${++serial}@acme.example`;
  const person = { sub: `lee-${serial}`, email, email_verified: true };
  const arrives = async (address: string) => {
    provider.logsIn({ ...person, email: address });
    const tab = openBrowser();
    const shown = await tab.go(world.authorize(client, { audience: '', scope: 'openid' }));
    return subjectAt(tab.back(await tab.choose(shown, 'acme-id')));
  };
  const sub = await arrives(email);
  await made(world.server, '/invitations', {
    recipients: [email],
    client_id: client.id,
    create_user: 'on_accept',
  });
  const state = async () => {
    const { body } = await world.server.api<{ state: string }[]>(
      'GET',
      `/api/v2/invitations?email=${email}`,
    );
    return body[0]?.state;
  };
  expect(await arrives(`other-${email}`)).toBe(sub);
  expect(await state()).toBe('pending');
  expect(await arrives(email)).toBe(sub);
  expect(await state()).toBe('accepted');
});

test('an account of a connection that the organization does not use accepts no invitation to it', async () => {
  const organization = await world.anOrganization({
    enabled_connections: [{ connection_id: world.connectionId }],
  });
  const email = `max-${++serial}@acme.example`;
  await made(world.server, '/invitations', {
    recipients: [email],
    client_id: client.id,
    organization_id: organization.id,
    create_user: 'on_accept',
  });
  provider.logsIn({ sub: `max-${serial}`, email, email_verified: true });
  const tab = openBrowser();
  const shown = await tab.go(world.authorize(client, { audience: '', scope: 'openid' }));
  const sub = await subjectAt(tab.back(await tab.choose(shown, 'acme-id')));
  expect(sub).toBe(`oidc|acme-id|max-${serial}`);
  const { body } = await world.server.api<unknown[]>(
    'GET',
    `/api/v2/organizations/${organization.id}/members`,
  );
  expect(body).toEqual([]);
});
