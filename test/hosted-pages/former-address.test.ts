import { beforeAll, expect, test } from 'vitest';
import type { Client } from '../../src/records/clients/clients.ts';
import type { Connection } from '../../src/records/connections/connections.ts';
import { findInvitation } from '../../src/records/invitations/invitations.ts';
import { findPassword } from '../../src/records/passwords/passwords.ts';
import { updateUser } from '../../src/records/users/users.ts';
import { aVisitor } from '../harness/visitor.ts';
import { openStillWorld, type StillWorld } from '../harness/world.ts';

const GOOD = 'Tulip-Canal-77';

let world: StillWorld;
let connection: Connection;
let client: Client;

beforeAll(async () => {
  world = await openStillWorld();
  connection = await world.aConnection();
  client = await world.aClient(connection);
});

const move = (userId: string, email: string) =>
  updateUser(world.db, userId, { email }, world.clock.now());

test('a reset link that went to a former address opens nothing and reveals nothing', async () => {
  const user = await world.aUser(connection);
  const secret = await world.aTicket(user, { resultUrl: 'https://app.example.com/' });
  const visitor = aVisitor(world);
  const page = await visitor.get(`/u/reset-verify?ticket=${secret}`);
  expect(page.status).toBe(200);
  await move(user.id, 'moved-1@example.test');

  const answer = await visitor.submit(page, { password: GOOD });
  expect(answer.status).toBe(404);
  expect(answer.html).not.toContain('moved-1');
  expect((await visitor.get(`/u/reset-verify?ticket=${secret}`)).status).toBe(404);
  expect(await findPassword(world.db, user.id)).toBeNull();
});

test('a verification link that went to a former address does not reveal the new one', async () => {
  const user = await world.aUser(connection);
  const secret = await world.aTicket(user, {
    kind: 'email-verification',
    resultUrl: 'https://app.example.com/',
  });
  const visitor = aVisitor(world);
  const page = await visitor.get(`/u/email-verification?ticket=${secret}`);
  await move(user.id, 'moved-4@example.test');

  const answer = await visitor.submit(page, {});
  expect(answer.status).toBe(410);
  expect(answer.html).not.toContain('moved-4');
  const again = await visitor.get(`/u/email-verification?ticket=${secret}`);
  expect(again.html).not.toContain('moved-4');
});

test('an invitation that went to a former address cannot be accepted', async () => {
  const user = await world.aUser(connection);
  const { id, secret } = await world.anInvitation(user, { clientId: client.id });
  const visitor = aVisitor(world);
  const page = await visitor.get(`/u/invitation?ticket=${secret}`);
  await move(user.id, 'moved-2@example.test');

  const answer = await visitor.submit(page, { password: GOOD });
  expect(answer.status).toBe(404);
  expect(answer.html).not.toContain('moved-2');
  expect(await findPassword(world.db, user.id)).toBeNull();
  expect((await findInvitation(world.db, id))?.state).toBe('pending');
});

test('an invitation to the new address has a new link, and the former link stays dead', async () => {
  const user = await world.aUser(connection);
  const first = await world.anInvitation(user, { clientId: client.id });
  const moved = await move(user.id, 'moved-3@example.test');
  if (moved.kind !== 'updated') throw new Error('The address was not changed.');
  const second = await world.anInvitation(moved.user, { clientId: client.id });
  expect(second.id).toBe(first.id);

  const visitor = aVisitor(world);
  expect((await visitor.get(`/u/invitation?ticket=${first.secret}`)).status).toBe(404);
  const page = await visitor.get(`/u/invitation?ticket=${second.secret}`);
  expect(page.html).toContain('moved-3@example.test');
  expect((await visitor.submit(page, { password: GOOD })).status).toBe(303);
  // Nobody at the same address is invited twice.
  const third = await world.aUser(connection);
  await world.anInvitation(third, { clientId: client.id });
  await expect(world.anInvitation(third, { clientId: client.id })).rejects.toThrow('not invited');
});
