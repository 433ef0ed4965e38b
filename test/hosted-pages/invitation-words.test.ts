import { beforeAll, expect, test } from 'vitest';
import { aVisitor, textOf } from '../harness/visitor.ts';
import { openStillWorld, type StillWorld } from '../harness/world.ts';

let world: StillWorld;
let connection: Awaited<ReturnType<StillWorld['aConnection']>>;
let client: Awaited<ReturnType<StillWorld['aClient']>>;

beforeAll(async () => {
  world = await openStillWorld();
  connection = await world.aConnection();
  client = await world.aClient(connection, { name: 'Northwind Notes' });
});

/** Invites somebody. Returns the address of a page of the invitation. */
async function invited(page: string, ttlSec = 3600): Promise<string> {
  const user = await world.aUser(connection);
  const about = { clientId: client.id, plan: { ttlSec } };
  const { secret } = await world.anInvitation(user, about);
  return `/u/${page}?ticket=${secret}`;
}

test('the page for another account asks for what the connection takes, in its first empty field', async () => {
  const visitor = aVisitor(world);
  const page = await visitor.get(await invited('invitation-account'));
  expect(page.html).toContain('<label for="username">Email address</label>');
  expect(/<input id="username"[^>]*>/.exec(page.html)?.[0]).toContain('autofocus');
  expect(/<input id="password"[^>]*>/.exec(page.html)?.[0]).not.toContain('autofocus');
  const wrong = await visitor.submit(page, { username: 'jo@example.com', password: 'wrong' });
  expect(/<input id="password"[^>]*>/.exec(wrong.html)?.[0]).toContain('autofocus');
});

test('the page that declines leads back to the invitation, and its button is not the main one', async () => {
  const path = await invited('decline-invitation');
  const { html } = await aVisitor(world).get(path);
  expect(html).toContain(`href="${path.replace('decline-invitation', 'invitation')}"`);
  expect(html).not.toContain('class="primary"');
});

test('the page after a new link names the application, and says where the mail goes', async () => {
  const visitor = aVisitor(world);
  const path = await invited('invitation');
  world.passTime(3601);
  const { headers } = await visitor.submit(await visitor.get(path), {});
  const sent = await visitor.get(String(headers.location));
  expect(textOf(sent)).toContain('Northwind Notes');
  expect(textOf(sent)).toContain('We only write to the address that got the first email.');
});

test('the page after a mail promises none that may not come', async () => {
  const text = textOf(await aVisitor(world).get('/u/mail-sent'));
  expect(text).toContain('If we know your address, the email arrives within a few minutes.');
});
