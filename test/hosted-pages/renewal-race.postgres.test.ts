import { sql } from 'kysely';
import { beforeAll, expect, test } from 'vitest';
import { transaction } from '../../src/platform/db/db.ts';
import { aPerson, atOnce } from '../harness/factories.ts';
import { eventually } from '../harness/harness.ts';
import { aVisitor } from '../harness/visitor.ts';
import { openStillWorld, openTab, type StillWorld } from '../harness/world.ts';

let world: StillWorld;

beforeAll(async () => {
  world = await openStillWorld({ role: 'all' });
  await world.aConnection();
});

/** A person with a link for a minute. `asks`: opens the link, and requests a new one. Returns where the browser goes. */
type Expiring = { email: string; asks: () => Promise<string> };

async function aPage(linkOf: (user: Awaited<ReturnType<typeof someone>>) => Promise<string>) {
  const user = await someone();
  const link = await linkOf(user);
  const asks = async () => {
    const visitor = aVisitor(world);
    const asked = await visitor.submit(await visitor.get(link), {});
    return String(asked.headers.location);
  };
  return { email: user.email ?? '', asks };
}

const someone = () => world.aUser({ id: world.connectionId }, { emailVerified: false });

const LINKS: Record<string, () => Promise<Expiring>> = {
  'a password': () =>
    aPage(
      async (user) => `/u/reset-verify?ticket=${await world.aTicket(user, { ttlSeconds: 60 })}`,
    ),
  'an address': () =>
    aPage(async (user) => {
      const ticket = { ttlSeconds: 60, kind: 'email-verification' } as const;
      return `/u/email-verification?ticket=${await world.aTicket(user, ticket)}`;
    }),
  'an invitation': () =>
    aPage(async (user) => {
      const { secret } = await world.anInvitation(user, { plan: { ttlSec: 60 } });
      return `/u/invitation?ticket=${secret}`;
    }),
  async 'an invitation to an organization'() {
    const app = await world.registerClient();
    const organization = await world.anOrganization();
    const { email } = aPerson();
    const more = { invitee: { email }, ttl_sec: 60 };
    const { ticket_id: invitation } = await world.inviteTo(organization, app, more);
    const asks = async () => {
      const tab = openTab();
      await tab.go(world.authorize(app, { organization: organization.id, invitation }));
      return (await tab.send({})).url;
    };
    return { email, asks };
  },
};

/** Requests sixteen times. A task that has begun serves the first request, and ends after the others: before, they would share one task. */
function whileOneIsServed(asks: () => Promise<string>): Promise<string[]> {
  return transaction(world.db, async (tx) => {
    await sql`lock table messages in exclusive mode`.execute(tx);
    const first = await asks();
    await eventually(async () => {
      const { rows } = await sql`select 1 from tasks.job
        where name like 'renew-%' and state = 'active' limit 1`.execute(world.db);
      return rows.length > 0 ? true : undefined;
    });
    return [first, ...(await atOnce(15, asks))];
  });
}

test.each(
  Object.entries(LINKS),
)('of sixteen requests for a new link at once one is mailed, if the link was for %s', async (_what, expiring) => {
  const { email, asks } = await expiring();
  world.passTime(61);
  const ends = await whileOneIsServed(asks);
  for (const end of ends) expect(end).toContain('/u/mail-sent');
  await eventually(async () => {
    const { rows } = await sql`select 1 from tasks.job
      where name like 'renew-%' and state <> 'completed' limit 1`.execute(world.db);
    return rows.length === 0 ? true : undefined;
  });
  const { rows } = await sql`select id from messages where recipient = ${email}`.execute(world.db);
  expect(rows).toHaveLength(1);
});
