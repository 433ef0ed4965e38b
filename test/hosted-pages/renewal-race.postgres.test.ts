import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { atOnce } from '../harness/factories.ts';
import { eventually } from '../harness/harness.ts';
import { aVisitor } from '../harness/visitor.ts';
import { openStillWorld } from '../harness/world.ts';

test('of sixteen requests for a new link at once one is mailed, whatever the link was for', async () => {
  const world = await openStillWorld({ role: 'all' });
  const connection = await world.aConnection();
  const someone = () => world.aUser(connection, { emailVerified: false });
  const [forgetful, unverified, invited] = [await someone(), await someone(), await someone()];
  const old = { ttlSeconds: 60 };
  const verification = { ...old, kind: 'email-verification' } as const;
  const { secret } = await world.anInvitation(invited, { plan: { ttlSec: 60 } });
  const links = [
    [forgetful, `/u/reset-verify?ticket=${await world.aTicket(forgetful, old)}`],
    [unverified, `/u/email-verification?ticket=${await world.aTicket(unverified, verification)}`],
    [invited, `/u/invitation?ticket=${secret}`],
  ] as const;
  world.passTime(61);
  for (const [user, link] of links) {
    await atOnce(16, async () => {
      const visitor = aVisitor(world);
      const page = await visitor.get(link);
      expect((await visitor.submit(page, {})).headers.location).toContain('/u/mail-sent');
    });
    await eventually(async () => {
      const { rows } = await sql`select 1 from tasks.job
        where name like 'renew-%' and state <> 'completed' limit 1`.execute(world.db);
      return rows.length === 0 ? true : undefined;
    });
    const { rows } = await sql`select id from messages where user_id = ${user.id}`.execute(
      world.db,
    );
    expect(rows).toHaveLength(1);
  }
});
