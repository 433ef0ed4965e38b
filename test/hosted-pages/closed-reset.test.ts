import { beforeAll, describe, expect, test } from 'vitest';
import type { Client } from '../../src/records/clients/clients.ts';
import type { Connection } from '../../src/records/connections/connections.ts';
import { aVisitor, headlineOf, type Page, textOf } from '../harness/visitor.ts';
import { openStillWorld, type StillWorld } from '../harness/world.ts';
import { messagesOf } from './messages.ts';

const GOOD = 'Tulip-Canal-77';
const ASK = 'Ask the people who run the application for a link.';

let world: StillWorld;
let connection: Connection;
let client: Client;

beforeAll(async () => {
  world = await openStillWorld();
  connection = await world.aConnection({ disable_self_service_change_password: true });
  client = await world.aClient(connection);
});

const forgotOf = (state: string) => `/u/reset-password/request?state=${state}`;

describe('a connection without self-service reset', () => {
  test('has no reset link on its login page', async () => {
    const page = await world.openLogin(aVisitor(world), client.id);
    expect(headlineOf(page)).toContain('Log in');
    expect(page.html).not.toContain('/u/reset-password/request');
    const open = await world.aConnection({}, 'open');
    const other = await world.aClient(open);
    const usual = await world.openLogin(aVisitor(world), other.id);
    expect(usual.html).toContain('/u/reset-password/request');
  });

  test('has a page that names who can help, within a login and outside', async () => {
    const visitor = aVisitor(world);
    const state = await world.beginLogin(visitor, client.id);
    const within = await visitor.get(forgotOf(state));
    expect(textOf(within)).toContain(ASK);
    expect(within.html).toContain(`href="/u/login?state=${state}"`);
    const alone = await aVisitor(world).get('/u/reset-password/request');
    expect([alone.status, textOf(alone)]).toEqual([200, expect.stringContaining(ASK)]);
    expect(alone.html).not.toContain('<form');
  });

  test('answers a submitted form as usual and sends no mail', async () => {
    const user = await world.aUser(connection);
    const open = await world.aConnection({}, 'open-before');
    const visitor = aVisitor(world);
    const other = await world.aClient(open);
    const form = await visitor.get(forgotOf(await world.beginLogin(visitor, other.id)));
    const csrf = /name="csrf" value="([^"]*)"/.exec(form.html)?.[1] ?? '';
    const state = await world.beginLogin(visitor, client.id);
    const answer: Page = await visitor.post(forgotOf(state), { csrf, email: user.email ?? '' });
    expect(answer.status).toBe(303);
    expect(answer.headers.location).toContain('/u/mail-sent');
    expect(await world.work()).toEqual([]);
    expect(await messagesOf(world, user.id)).toEqual([]);
  });

  test("accepts an operator's link, and does not renew it after it has expired", async () => {
    const user = await world.aUser(connection);
    const visitor = aVisitor(world);
    const ticket = await world.aTicket(user, {
      ttlSeconds: 60,
      resultUrl: 'https://app.example.com/in',
    });
    const path = `/u/reset-verify?ticket=${ticket}`;
    const page = await visitor.get(path);
    const csrf = /name="csrf" value="([^"]*)"/.exec(page.html)?.[1] ?? '';
    const done = await visitor.submit(page, { password: GOOD });
    expect(done.headers.location).toContain('supportForgotPassword=false');

    const late = await world.aTicket(user, { ttlSeconds: 60 });
    world.passTime(61);
    const expired = await visitor.get(`/u/reset-verify?ticket=${late}`);
    expect(textOf(expired)).toContain(ASK);
    expect(expired.html).not.toContain('Send me a new link');
    await visitor.post('/u/new-link', { csrf, kind: 'password', ticket: late });
    expect(await world.work()).toEqual(['renew-reset']);
    expect(await messagesOf(world, user.id)).toEqual([]);
  });
});
