import { sql } from 'kysely';
import { beforeAll, expect, test } from 'vitest';
import { recordLogin } from '../../src/records/users/users.ts';
import { aPassword, atOnce } from '../harness/factories.ts';
import { openBrowser } from '../harness/providers/person.ts';
import { openProviderWorld, type ProviderWorld } from '../harness/providers/provider-world.ts';
import { CALLBACK, type Shown } from '../harness/world.ts';

let world: ProviderWorld;
let client: ProviderWorld['client'];
let provider: ProviderWorld['provider'];
let serial = 0;

beforeAll(async () => {
  world = await openProviderWorld({ domain_aliases: ['acme.example'] });
  ({ client, provider } = world);
});

type Browser = ReturnType<typeof openBrowser>;

/** A person of the provider, whose address an account of the database has. */
async function anOwner(more: object = {}) {
  const email = `ada-${++serial}@acme.example`;
  const password = aPassword();
  const account = { email, password, emailVerified: true, ...more };
  const user = await world.aUser({ id: world.connectionId }, account);
  const person = { sub: `ada-${serial}`, email, email_verified: true, name: 'Ada' };
  return { email, password, user, person };
}

async function arrives(tab: Browser, person: { sub: string }): Promise<Shown> {
  provider.logsIn(person);
  const start = world.authorize(client, { audience: '', scope: 'openid' });
  return tab.choose(await tab.go(start), 'acme-id');
}

/** The mails of a new way to log in that were queued for an address, in any state. */
async function toldTo(email: string): Promise<number> {
  const { rows } = await sql`select 1 from messages
    where recipient = ${email} and template = 'identity_linked'`.execute(world.db);
  return rows.length;
}

test('the owner of an account is told once that an account of a provider was connected', async () => {
  const { email, password, person } = await anOwner();
  const tab = openBrowser();
  const offer = await arrives(tab, person);
  expect(await toldTo(email)).toBe(0);
  await atOnce(16, () => tab.answer(offer, { way: 'password', password }));
  expect(await toldTo(email)).toBe(1);
  const { mail } = await world.server.sink.waitForMail(email);
  expect(mail.subject).toBe('You can now log in to Meadow with acme-id');
  expect(mail.text).toContain('If it was not you');
  const again = openBrowser();
  again.back(await arrives(again, person));
  expect(await toldTo(email)).toBe(1);
});

test('nobody is told of an account that became theirs with the provider', async () => {
  const newcomer = { sub: 'new', email: 'new@acme.example', email_verified: true };
  await arrives(openBrowser(), newcomer);
  expect(await toldTo(newcomer.email)).toBe(0);
  const { email, person } = await anOwner({ emailVerified: false, isUnproven: true });
  const tab = openBrowser();
  tab.back(await arrives(tab, person));
  expect(await toldTo(email)).toBe(0);
});

test('an invitation that connects a provider tells the owner of an account in use, and of no other', async () => {
  for (const [logins, told] of [
    [0, 0],
    [1, 1],
  ] as const) {
    const { email, user, person } = await anOwner({ password: undefined });
    const { db } = world;
    if (logins > 0) {
      await recordLogin(db, { userId: user.id, ip: '203.0.113.7', at: world.clock.now() });
    }
    const plan = { resultUrl: CALLBACK, connectionIds: [world.connectionId, world.acme.id] };
    const { secret } = await world.anInvitation(user, { clientId: client.id, plan });
    const tab = openBrowser();
    provider.logsIn(person);
    const shown = await tab.go(`${world.server.url}/u/invitation?ticket=${secret}`);
    tab.back(await tab.choose(shown, 'acme-id'));
    expect(await toldTo(email), `${logins} logins`).toBe(told);
  }
});
