import { sql } from 'kysely';
import { beforeAll, expect, test } from 'vitest';
import { findInvitation } from '../../src/records/invitations/invitations.ts';
import { findUser } from '../../src/records/users/users.ts';
import { overtaken } from '../harness/overtaken.ts';
import { openBrowser } from '../harness/providers/person.ts';
import { openProviderWorld, type ProviderWorld } from '../harness/providers/provider-world.ts';
import { claimsOf, type Shown } from '../harness/world.ts';

let world: ProviderWorld;
let client: ProviderWorld['client'];
let provider: ProviderWorld['provider'];

beforeAll(async () => {
  world = await openProviderWorld({ domain_aliases: ['acme.example'] });
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
