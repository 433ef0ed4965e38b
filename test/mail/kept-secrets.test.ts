import { beforeAll, beforeEach, expect, test } from 'vitest';
import { latestMessages } from '../../src/records/messages/messages.ts';
import { updateUser } from '../../src/records/users/users.ts';
import { linkIn } from '../harness/smtp-sink.ts';
import type { World } from '../harness/world.ts';
import { drain, emptyOutbox, invite, openMailWorld, people } from './delivery.ts';

let world: World;
beforeAll(async () => {
  world = await openMailWorld();
});
beforeEach(() => emptyOutbox(world));

async function invitedPerson() {
  const [user] = await people(world, 1);
  if (!user) throw new Error('Nobody was added.');
  const { outcomes } = await invite(world, [user]);
  const id = outcomes[0]?.id ?? '';
  return { user, messageOf: async () => (await latestMessages(world.db, [id])).get(id) };
}

test('A server that quotes the link in its refusal does not make it readable.', async () => {
  const { messageOf } = await invitedPerson();
  let link = '';
  world.server.sink.answerWith((mail) => {
    link = linkIn(mail);
    return { code: 554, message: `5.7.1 listed: ${link} and again <${link}>` };
  });
  await drain(world);
  const secret = new URL(link).searchParams.get('ticket') ?? '';
  expect(secret).toMatch(/^[A-Za-z0-9]{32}$/);
  const message = await messageOf();
  expect(message?.state).toBe('failed');
  expect(message?.error).toContain(`5.7.1 listed: ${world.publicUrl}/u/invitation?`);
  expect(message?.error).not.toContain(secret);
});

test('A waiting mail is not sent to a former address.', async () => {
  const { user, messageOf } = await invitedPerson();
  await updateUser(world.db, user.id, { email: 'moved@example.test' }, new Date());
  await drain(world);
  expect(world.server.sink.mails).toEqual([]);
  expect(await messageOf()).toMatchObject({
    state: 'canceled',
    error: 'The account has a different address now.',
  });
});
