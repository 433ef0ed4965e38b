import { sql } from 'kysely';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Client } from '../../src/records/clients/clients.ts';
import type { Connection } from '../../src/records/connections/connections.ts';
import { aPerson } from '../harness/factories.ts';
import { linkIn } from '../harness/smtp-sink.ts';
import { aVisitor, textOf, type Visitor } from '../harness/visitor.ts';
import { made, openStillWorld, openTab, type StillWorld } from '../harness/world.ts';
import { messagesOf, ticketOf } from './messages.ts';

const NEW_LINK = 'Send me a new link';
const ASK_SENDER = 'ask the people who sent it for a new one';

let world: StillWorld;
let connection: Connection;
let client: Client;

beforeAll(async () => {
  world = await openStillWorld();
  connection = await world.aConnection();
  client = await world.aClient(connection);
});

/** A link from the API, without the server's own address. */
async function linkOf(kind: 'password-change' | 'email-verification', body: object) {
  const { ticket } = await made(world.server, `/tickets/${kind}`, body);
  const { pathname, search } = new URL(ticket);
  return `${pathname}${search}`;
}

const pressNewLink = async (visitor: Visitor, link: string) =>
  visitor.submit(await visitor.get(link), {});

const KINDS = [
  { kind: 'password-change', template: 'reset_email', task: 'renew-reset' },
  { kind: 'email-verification', template: 'verify_email', task: 'renew-verification' },
] as const;

describe.each(KINDS)('an expired $kind ticket', ({ kind, template, task }) => {
  test('is renewed by mail to the same address, for the same purpose, if it was made so', async () => {
    const user = await world.aUser(connection, { emailVerified: false });
    const link = await linkOf(kind, {
      user_id: user.id,
      ttl_sec: 60,
      renewable: true,
      client_id: client.id,
      includeEmailInRedirect: false,
      result_url: 'https://app.example.com/in',
    });
    world.passTime(61);
    const visitor = aVisitor(world);
    const page = await visitor.get(link);
    expect([page.status, textOf(page)]).toEqual([410, expect.stringContaining(NEW_LINK)]);
    expect((await visitor.head(link)).status).toBe(410);
    expect(await world.work()).toEqual([]);

    const answer = await visitor.submit(page, {});
    expect(answer.headers.location).toContain('/u/mail-sent');
    expect(await world.work()).toContain(task);
    expect(await messagesOf(world, user.id)).toMatchObject([{ template, recipient: user.email }]);
    const fresh = await ticketOf(world, user.id);
    expect(fresh).toMatchObject({
      kind,
      renewable: true,
      clientId: client.id,
      resultUrl: 'https://app.example.com/in',
      includeEmailInRedirect: false,
    });
    expect(Number(fresh?.expiresAt) - Number(fresh?.createdAt)).toBe(60_000);
  });

  test('is not renewed if it was not made so, and names who can help', async () => {
    const user = await world.aUser(connection, { emailVerified: false });
    const link = await linkOf(kind, { user_id: user.id, ttl_sec: 60 });
    world.passTime(61);
    const visitor = aVisitor(world);
    const page = await visitor.get(link);
    expect(textOf(page)).toContain(ASK_SENDER);
    expect(page.html).not.toContain(NEW_LINK);
    // A form that somebody makes up is answered like any other, and changes nothing.
    const unknown = await visitor.get(link.replace(/ticket=\w+/, 'ticket=unknown'));
    expect(unknown.html).toContain(NEW_LINK);
    const ticket = new URLSearchParams(link.split('?')[1]).get('ticket') ?? '';
    const answer = await visitor.submit(unknown, { ticket });
    expect(answer.headers.location).toContain('/u/mail-sent');
    expect(await world.work()).toEqual([task]);
    expect(await messagesOf(world, user.id)).toEqual([]);
  });
});

describe('a renewable password ticket', () => {
  test('is refused where users cannot request links', async () => {
    const closed = await world.aConnection(
      { disable_self_service_change_password: true },
      'no-reset',
    );
    const user = await world.aUser(closed);
    const asked = { user_id: user.id, renewable: true };
    const one = await world.server.api('POST', '/api/v2/tickets/password-change', asked);
    const many = await world.server.api('POST', '/api/v2/jobs/password-change-tickets', {
      connection: closed.name,
      renewable: true,
    });
    const problem = expect.stringContaining('the ticket cannot be renewable');
    expect([one.status, one.text]).toEqual([400, problem]);
    expect([many.status, many.text]).toEqual([400, problem]);
    // The links for verifying an address are another matter.
    const verification = await world.server.api(
      'POST',
      '/api/v2/tickets/email-verification',
      asked,
    );
    expect(verification.status).toBe(201);
  });

  test('can be made for many users at once', async () => {
    const user = await world.aUser(connection);
    const other = await world.aUser(connection);
    for (const [{ id }, more] of [
      [user, { renewable: true }],
      [other, {}],
    ] as const) {
      await made(world.server, '/jobs/password-change-tickets', {
        recipients: [{ user_id: id }],
        connection: connection.name,
        ttl_sec: 60,
        ...more,
      });
    }
    const { rows } = await sql`select user_id, renewable from tickets
      where user_id in (${user.id}, ${other.id})`.execute(world.db);
    expect(rows).toEqual(
      expect.arrayContaining([
        { user_id: user.id, renewable: true },
        { user_id: other.id, renewable: false },
      ]),
    );
  });
});

describe('an expired invitation to an organization', () => {
  async function expired(more: object = {}) {
    const app = await world.registerClient();
    const organization = await world.anOrganization();
    const { email } = aPerson();
    const invited = await world.inviteTo(organization, app, {
      invitee: { email },
      ttl_sec: 60,
      ...more,
    });
    world.passTime(61);
    const begin = (invitation: string) =>
      world.authorize(app, { organization: organization.id, invitation });
    return { app, email, invited, begin };
  }

  test('is renewed by mail to the same address, with its login as a link', async () => {
    const { app, email, invited, begin } = await expired();
    const tab = openTab();
    const shown = await tab.go(begin(invited.ticket_id));
    expect([shown.status, shown.page]).toEqual([410, expect.stringContaining(NEW_LINK)]);
    expect(shown.page).toContain('href="/u/login?state=');
    expect(await world.work()).toEqual([]);

    expect((await tab.send({})).url).toContain('/u/mail-sent');
    expect(await world.work()).toContain('renew-invitation');
    const mail = await world.server.sink.waitForMail(email);
    const link = new URL(linkIn(mail));
    expect(link.origin).toBe('https://app.example.test');
    const fresh = openTab();
    await fresh.go(begin(link.searchParams.get('invitation') ?? ''));
    const back = fresh.back(await fresh.send({ password: 'Tulip-Canal-77' }));
    expect((await world.exchange(app, back)).status).toBe(200);
    const old = openTab();
    const { searchParams } = old.back(await old.go(begin(invited.ticket_id)));
    expect(searchParams.get('error_description')).toBe('invitation not found or already used');
  });

  test('is not renewed if it was not made so', async () => {
    const { invited, begin } = await expired({ renewable: false });
    const tab = openTab();
    const { searchParams } = tab.back(await tab.go(begin(invited.ticket_id)));
    expect(searchParams.get('error_description')).toBe('invitation has expired');
  });
});

test('a second request within a minute is answered by the first mail, a later one by another', async () => {
  const user = await world.aUser(connection);
  const link = await linkOf('password-change', { user_id: user.id, ttl_sec: 60, renewable: true });
  world.passTime(61);
  const visitor = aVisitor(world);
  for (const seconds of [1, 58, 2]) {
    await pressNewLink(visitor, link);
    await world.work();
    world.passTime(seconds);
  }
  expect(await messagesOf(world, user.id)).toHaveLength(1);
  await pressNewLink(visitor, link);
  await world.work();
  expect(await messagesOf(world, user.id)).toHaveLength(2);
});
