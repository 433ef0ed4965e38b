import { expect, test } from 'vitest';
import { verifyPassword } from '../../src/platform/password-hash/password-hash.ts';
import { findInvitation } from '../../src/records/invitations/invitations.ts';
import { findPassword } from '../../src/records/passwords/passwords.ts';
import { findUser } from '../../src/records/users/users.ts';
import { atOnce } from '../harness/factories.ts';
import { aVisitor } from '../harness/visitor.ts';
import { openStillWorld } from '../harness/world.ts';

const ROUNDS = 50;

test(`one of sixteen people with one link chooses the password, in each of ${ROUNDS} rounds`, async () => {
  const world = await openStillWorld();
  const connection = await world.aConnection({ passwordPolicy: 'low' });
  const visitor = aVisitor(world);
  for (let round = 0; round < ROUNDS; round++) {
    const user = await world.aUser(connection);
    const isInvitation = round % 2 === 0;
    const path = isInvitation
      ? `/u/invitation?ticket=${(await world.anInvitation(user)).secret}`
      : `/u/reset-verify?ticket=${await world.aTicket(user)}`;
    const page = await visitor.get(path);
    const answers = await atOnce(16, (i) => visitor.submit(page, { password: `chosen-by-${i}` }));
    const winners = answers.flatMap(({ status }, i) => (status === 303 ? [i] : []));
    expect(winners).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 410)).toHaveLength(15);
    const stored = await findPassword(world.db, user.id);
    if (stored === null) throw new Error('No password was set.');
    expect((await verifyPassword(stored, `chosen-by-${winners[0]}`)).matches).toBe(true);
  }
}, 180_000);

test('one of sixteen simultaneous invitations and tickets sets the person’s password, and the others are dead', async () => {
  const world = await openStillWorld();
  const connection = await world.aConnection({ passwordPolicy: 'low' });
  const client = await world.aClient(connection);
  const ways = new Set<string>();
  for (let round = 0; round < 12; round++) {
    const user = await world.aUser(connection);
    const { id, secret } = await world.anInvitation(user, { clientId: client.id });
    const [invitation, ticket] = [
      `/u/invitation?ticket=${secret}`,
      `/u/reset-verify?ticket=${await world.aTicket(user)}`,
    ];
    const answers = await atOnce(16, async (i) => {
      const link = i < 8 ? invitation : ticket;
      const [visitor, password] = [aVisitor(world), `chosen-by-${i}`];
      // Accepting asks the database more before it hashes: in every second round the others have a longer way.
      const openings = link === ticket && round % 2 === 0 ? 8 : 1;
      let page = await visitor.get(link);
      for (let n = 1; n < openings && page.status === 200; n++) page = await visitor.get(link);
      if (page.status !== 200) return { link, password, visitor, status: page.status };
      return { link, password, visitor, status: (await visitor.submit(page, { password })).status };
    });
    const winners = answers.filter(({ status }) => status === 303);
    expect(winners).toHaveLength(1);
    const [winner] = winners;
    const stored = await findPassword(world.db, user.id);
    if (!winner || stored === null) throw new Error('No password was set.');
    expect((await verifyPassword(stored, winner.password)).matches).toBe(true);

    ways.add(winner.link === ticket ? 'ticket' : 'invitation');
    expect(await findInvitation(world.db, id)).toMatchObject(
      winner.link === invitation ? { state: 'accepted', acceptedBy: 'link' } : { state: 'pending' },
    );
    for (const link of [invitation, ticket]) {
      const later = await aVisitor(world).get(link);
      expect(later.html).not.toContain('autocomplete="new-password"');
    }
    for (const { visitor } of answers) {
      const arrives = await world.openLogin(visitor, client.id);
      expect(arrives.status).toBe(visitor === winner.visitor ? 303 : 200);
    }
  }
  expect(ways.size).toBe(2);
}, 120_000);

test('one of sixteen browsers with one arrival gets a session', async () => {
  const world = await openStillWorld();
  const connection = await world.aConnection();
  const client = await world.aClient(connection);
  for (let round = 0; round < 20; round++) {
    const user = await world.aUser(connection);
    const visitor = aVisitor(world);
    const page = await visitor.get(`/u/reset-verify?ticket=${await world.aTicket(user)}`);
    await visitor.submit(page, { password: 'Tulip-Canal-77' });
    const state = await world.beginLogin(visitor, client.id);
    const cookies = new Map(visitor.cookies);
    const answers = await atOnce(16, async () => {
      const each = aVisitor(world);
      for (const [name, value] of cookies) each.cookies.set(name, value);
      return each.get(`/u/login?state=${state}`);
    });
    expect(answers.filter(({ status }) => status === 303)).toHaveLength(1);
    expect((await findUser(world.db, user.id))?.loginsCount).toBe(1);
  }
}, 120_000);

test('one of two sign-ups with one address creates the account', async () => {
  const world = await openStillWorld();
  const connection = await world.aConnection();
  const client = await world.aClient(connection);
  for (let round = 0; round < 10; round++) {
    const visitor = aVisitor(world, `198.51.100.${round}`);
    const page = await visitor.get(`/u/signup?state=${await world.beginLogin(visitor, client.id)}`);
    const fields = { email: `twin-${round}@example.test`, password: 'Tulip-Canal-77' };
    const answers = await atOnce(4, () => visitor.submit(page, fields));
    expect(answers.map(({ status }) => status).sort()).toEqual([303, 400, 400, 400]);
  }
});
