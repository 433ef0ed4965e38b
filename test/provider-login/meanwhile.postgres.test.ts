import { sql } from 'kysely';
import { beforeAll, expect, test } from 'vitest';
import { findInvitation } from '../../src/records/invitations/invitations.ts';
import { findPassword } from '../../src/records/passwords/passwords.ts';
import { findUser, linkedIdentities } from '../../src/records/users/users.ts';
import { aPassword } from '../harness/factories.ts';
import { overtaken, pastTheirReads, ROOM_FOR_SIXTEEN } from '../harness/overtaken.ts';
import { openBrowser } from '../harness/providers/person.ts';
import { openProviderWorld, type ProviderWorld } from '../harness/providers/provider-world.ts';
import { headlineOf } from '../harness/visitor.ts';
import { CALLBACK, claimsOf, type Shown } from '../harness/world.ts';

let world: ProviderWorld;
let client: ProviderWorld['client'];
let provider: ProviderWorld['provider'];

beforeAll(async () => {
  world = await openProviderWorld({ domain_aliases: ['acme.example'] }, ROOM_FOR_SIXTEEN);
  ({ client, provider } = world);
});

/** Begins a login of a person. Returns the address of the provider to which the browser is sent. */
async function arrives(person: { sub: string; email: string; email_verified: boolean }) {
  provider.logsIn(person);
  const tab = openBrowser();
  const shown = await tab.go(world.authorize(client, { audience: '', scope: 'openid' }));
  return { tab, leaving: await tab.leaveFor(shown, 'acme-id') };
}

async function subjectAt(tab: ReturnType<typeof openBrowser>, shown: Shown): Promise<string> {
  return String(claimsOf((await world.exchange(client, tab.back(shown))).body.id_token).sub);
}

/** Changes a user as soon as the browser's request waits for it. */
async function meanwhile(userId: string, change: string, request: () => Promise<Shown>) {
  const [end] = await overtaken(
    world,
    (tx) => sql`update users set ${sql.raw(change)} where id = ${userId}`.execute(tx),
    [request],
  );
  if (end === undefined) throw new Error('There was no answer.');
  return end;
}

test('a person who is blocked while the answer of the provider is verified accepts nothing', async () => {
  const email = 'ada@acme.example';
  const { tab: first, leaving: away } = await arrives({ sub: 'ada', email, email_verified: true });
  const sub = await subjectAt(first, await first.go(away));
  const user = await world.aUser({ id: world.connectionId }, { email });
  const invitation = await world.anInvitation(user, { clientId: client.id });
  const tab = openBrowser();
  const url = `${world.server.url}/u/invitation?ticket=${invitation.secret}`;
  const leaving = await tab.leaveFor(await tab.go(url), 'acme-id');
  const end = await meanwhile(sub, 'blocked = true', () => tab.go(leaving));
  expect(end.status).toBe(409);
  expect((await findInvitation(world.db, invitation.id))?.state).toBe('pending');
});

test('an account whose address is verified while another person brings it from the provider keeps it', async () => {
  const email = 'eve@acme.example';
  const { tab, leaving } = await arrives({ sub: 'eve-1', email, email_verified: false });
  const sub = await subjectAt(tab, await tab.go(leaving));
  const other = await arrives({ sub: 'eve-2', email, email_verified: true });
  const end = await meanwhile(sub, 'email_verified = true', () => other.tab.go(other.leaving));
  expect(await subjectAt(other.tab, end)).not.toBe(sub);
  expect(await findUser(world.db, sub)).toMatchObject({ email, emailVerified: true });
});

/** A person for whom an invitation made an account. */
async function anInvited(name: string) {
  const email = `${name}@acme.example`;
  const user = await world.aUser({ id: world.connectionId }, { email, emailVerified: false });
  const plan = { resultUrl: `${CALLBACK}?accepted=1` };
  const invitation = await world.anInvitation(user, {
    clientId: client.id,
    plan,
    madeUser: true,
  });
  const person = { sub: name, email, email_verified: true };
  return { user, person, invitation };
}

const identitiesOf = async (userId: string) =>
  ((await linkedIdentities(world.db, [userId])).get(userId) ?? []).map(({ id }) => id);
const headline = ({ page: html, status }: Shown) => headlineOf({ html, status, headers: {} });

test('a person whose account is used while the answer of the provider is verified is asked about it', async () => {
  const { user, person, invitation } = await anInvited('kim');
  const { tab, leaving } = await arrives(person);
  const end = await meanwhile(user.id, 'logins_count = 1', () => tab.go(leaving));
  expect(headline(end)).toBe('Is this your account?');
  expect(await identitiesOf(user.id)).toEqual([]);
  expect(await findUser(world.db, user.id)).toMatchObject({ emailVerified: false });
  expect((await findInvitation(world.db, invitation.id))?.state).toBe('pending');
});

test('of passwords set by the link and logins with the provider at once, an account that an invitation made gets one credential', async () => {
  const { user, person, invitation } = await anInvited('lee');
  const url = `${world.server.url}/u/invitation?ticket=${invitation.secret}`;
  const logins = await Promise.all(Array.from({ length: 8 }, () => arrives(person)));
  const links = await Promise.all(
    Array.from({ length: 8 }, async () => {
      const tab = openBrowser();
      return { tab, shown: await tab.go(url) };
    }),
  );
  const password = aPassword();
  const asked: Shown[] = [];
  const came = { withProvider: 0, byLink: 0 };
  await pastTheirReads(world, { n: 16, tables: ['users'] }, async (i) => {
    const [login, link] = [logins[i >> 1], links[i >> 1]];
    if (!login || !link) throw new Error('There are eight of each.');
    if (i % 2 === 0) {
      const end = await login.tab.go(login.leaving);
      if (end.back === null) asked.push(end);
      else came.withProvider += 1;
    } else {
      const csrf = /name="csrf" value="([^"]+)"/.exec(link.shown.page)?.[1] ?? '';
      const form = { csrf, password, repeat: password };
      const { headers } = await link.tab.browser.post(link.shown.url, form);
      if (headers.get('location')?.startsWith(CALLBACK)) came.byLink += 1;
    }
  });
  const identities = await identitiesOf(user.id);
  const isLinked = identities.length > 0;
  expect(identities).toEqual(isLinked ? ['oidc|acme-id|lee'] : []);
  expect((await findPassword(world.db, user.id)) === null).toBe(isLinked);
  expect(came).toEqual(isLinked ? { withProvider: 8, byLink: 0 } : { withProvider: 0, byLink: 1 });
  for (const end of asked) expect(headline(end)).toBe('Is this your account?');
  expect((await findInvitation(world.db, invitation.id))?.state).toBe('accepted');
});
