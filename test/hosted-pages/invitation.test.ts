import { beforeAll, describe, expect, test } from 'vitest';
import type { Client } from '../../src/records/clients/clients.ts';
import type { Connection } from '../../src/records/connections/connections.ts';
import { findInvitation, revokeInvitation } from '../../src/records/invitations/invitations.ts';
import { findPassword } from '../../src/records/passwords/passwords.ts';
import { findUser } from '../../src/records/users/users.ts';
import { aVisitor, headlineOf, textOf } from '../harness/visitor.ts';
import { openStillWorld, type StillWorld } from '../harness/world.ts';
import { messagesOf } from './messages.ts';

const GOOD = 'Tulip-Canal-77';

let world: StillWorld;
let connection: Connection;
let client: Client;

beforeAll(async () => {
  world = await openStillWorld();
  connection = await world.aConnection();
  client = await world.aClient(connection);
});

const pathOf = (secret: string) => `/u/invitation?ticket=${secret}`;

describe('an invitation', () => {
  test('shows the inviter, the purpose and the expiry, and changes nothing', async () => {
    const user = await world.aUser(connection, { email: 'guest@example.test' });
    const { id, secret } = await world.anInvitation(user, {
      clientId: client.id,
      plan: { inviter: { name: 'Mira <Okafor>' } },
    });
    const visitor = aVisitor(world);
    const page = await visitor.get(pathOf(secret));
    await visitor.head(pathOf(secret));
    expect(headlineOf(page)).toBe('You’re invited to Northwind Notes');
    const inSevenDays = new Intl.DateTimeFormat('en', {
      dateStyle: 'long',
      timeStyle: 'short',
      timeZone: 'UTC',
    }).format(world.clock.now().getTime() + 7 * 86_400_000);
    expect(textOf(page)).toContain(
      `From Mira <Okafor> To Northwind Notes For guest@example.test Valid until ${inSevenDays} UTC`,
    );
    expect((await findInvitation(world.db, id))?.state).toBe('pending');
  });

  test('sets a password, verifies the address, grants metadata and leads to the application', async () => {
    const user = await world.aUser(connection, {
      appMetadata: { plan: 'free', kept: true },
      userMetadata: { theme: 'dark' },
    });
    const { id, secret } = await world.anInvitation(user, {
      clientId: client.id,
      plan: {
        appMetadata: { plan: 'team' },
        userMetadata: { invitedBy: 'mira' },
        resultUrl: 'https://app.example.com/welcome?from=mail',
      },
    });
    const visitor = aVisitor(world);
    const answer = await visitor.submit(await visitor.get(pathOf(secret)), { password: GOOD });
    expect([answer.status, answer.headers.location]).toEqual([
      303,
      `https://app.example.com/welcome?from=mail&supportSignUp=true&supportForgotPassword=true&email=${encodeURIComponent(user.email ?? '')}&message=You%20can%20now%20login%20to%20the%20application%20with%20the%20new%20password.&success=true&code=success`,
    ]);
    const accepted = await findUser(world.db, user.id);
    expect(accepted).toMatchObject({
      emailVerified: true,
      appMetadata: { plan: 'team', kept: true },
      userMetadata: { theme: 'dark', invitedBy: 'mira' },
    });
    expect((await findInvitation(world.db, id))?.state).toBe('accepted');

    const arrives = await world.openLogin(visitor, client.id);
    expect(arrives.status).toBe(303);
    expect((await world.claimsAfter(visitor, arrives)).sub).toBe(user.id);
    expect(headlineOf(await visitor.get(pathOf(secret)))).toBe('You have already accepted');
  });

  test.each<[string, Partial<Client['settings']>, 'login' | 'home' | 'done']>([
    ['has a login address', { initiateLoginUri: 'https://notes.example.com/login' }, 'login'],
    ['has only callbacks', {}, 'home'],
    ['is a native application', { appType: 'native' }, 'done'],
    ['has only callbacks with placeholders', { callbacks: ['https://*.example.com/in'] }, 'done'],
  ])('leads straight to the application, signed in, if it %s', async (_which, settings, where) => {
    const app = await world.aClient(connection, {
      settings: {
        callbacks: ['com.example.notes://in', 'https://notes.example.com:8443/auth/callback'],
        ...settings,
      },
    });
    const user = await world.aUser(connection, { email: `straight-on-${app.id}@example.test` });
    const { secret } = await world.anInvitation(user, { clientId: app.id });
    const visitor = aVisitor(world);
    const answer = await visitor.submit(await visitor.get(pathOf(secret)), { password: GOOD });
    expect(answer.headers.location).toBe(
      {
        login: `https://notes.example.com/login?iss=${encodeURIComponent(`${world.publicUrl}/`)}&login_hint=${encodeURIComponent(user.email ?? '')}`,
        home: 'https://notes.example.com:8443/',
        done: '/u/done?what=invitation&ui_locales=en',
      }[where],
    );
    expect((await world.openLogin(visitor, app.id)).status).toBe(303);
    const again = await visitor.get(pathOf(secret));
    expect(again.html.includes('href="https://notes.example.com:8443/"')).toBe(where === 'home');
  });

  test('leaves the metadata as it is without a grant', async () => {
    const user = await world.aUser(connection, { appMetadata: { a: 1 }, userMetadata: { b: 2 } });
    const { secret } = await world.anInvitation(user);
    const visitor = aVisitor(world);
    const answer = await visitor.submit(await visitor.get(pathOf(secret)), { password: GOOD });
    expect(answer.headers.location).toBe('/u/done?what=invitation&ui_locales=en');
    expect(await findUser(world.db, user.id)).toMatchObject({
      appMetadata: { a: 1 },
      userMetadata: { b: 2 },
    });
  });

  test('ends an open reset link when it is accepted', async () => {
    const user = await world.aUser(connection);
    const ticket = await world.aTicket(user);
    const { secret } = await world.anInvitation(user);
    const visitor = aVisitor(world);
    await visitor.submit(await visitor.get(pathOf(secret)), { password: GOOD });
    const page = await visitor.get(`/u/reset-verify?ticket=${ticket}`);
    expect(headlineOf(page)).toBe('Your password was changed');
  });

  test('stays open after a weak password', async () => {
    const user = await world.aUser(connection);
    const { id, secret } = await world.anInvitation(user);
    const visitor = aVisitor(world);
    const answer = await visitor.submit(await visitor.get(pathOf(secret)), { password: 'weak' });
    expect(answer.status).toBe(400);
    expect((await findInvitation(world.db, id))?.state).toBe('pending');
    expect(await findPassword(world.db, user.id)).toBeNull();
  });

  test('cannot be accepted after it was revoked, and offers no new link', async () => {
    const user = await world.aUser(connection);
    const { id, secret } = await world.anInvitation(user);
    const visitor = aVisitor(world);
    const page = await visitor.get(pathOf(secret));
    await revokeInvitation(world.db, { id, now: world.clock.now() });
    const answer = await visitor.submit(page, { password: GOOD });
    expect([answer.status, headlineOf(answer)]).toEqual([410, 'This invitation was withdrawn']);
    expect(answer.html).not.toContain('Send me a new link');
    expect(await findPassword(world.db, user.id)).toBeNull();
  });
});

describe('a new link', () => {
  test('replaces an expired invitation by a mail to the invited address, and works', async () => {
    const user = await world.aUser(connection);
    const { id, secret } = await world.anInvitation(user, { plan: { ttlSec: 3600 } });
    world.passTime(3601);
    const visitor = aVisitor(world);
    const dead = await visitor.get(pathOf(secret));
    expect(headlineOf(dead)).toBe('This link has expired');
    const answer = await visitor.submit(dead, {});
    const sent = '/u/mail-sent?ui_locales=en&what=new-link';
    expect([answer.status, answer.headers.location]).toEqual([303, sent]);
    expect(await messagesOf(world, user.id)).toEqual([]);
    await world.work();
    expect(await messagesOf(world, user.id)).toEqual([
      { template: 'user_invitation', recipient: user.email, invitation_id: id },
    ]);
    expect((await findInvitation(world.db, id))?.expiresAt.getTime()).toBe(
      world.clock.now().getTime() + 3_600_000,
    );
  });

  test('is answered the same for every link, with the same work before the answer', async () => {
    const open = await world.anInvitation(await world.aUser(connection));
    const revoked = await world.anInvitation(await world.aUser(connection));
    await revokeInvitation(world.db, { id: revoked.id, now: world.clock.now() });
    const used = await world.aTicket(await world.aUser(connection));
    const visitor = aVisitor(world);
    const { html } = await visitor.get(pathOf('nothing'));
    const csrf = /name="csrf" value="([^"]*)"/.exec(html)?.[1] ?? '';
    const answers = [];
    for (const [kind, ticket] of [
      ['invitation', open.secret],
      ['invitation', revoked.secret],
      ['invitation', 'nothing'],
      ['password', used],
      ['password', 'nothing'],
      ['verification', used],
    ]) {
      const answer = await visitor.post('/u/new-link', {
        csrf,
        kind: kind ?? '',
        ticket: ticket ?? '',
      });
      answers.push([answer.status, answer.headers.location, answer.html]);
      expect(await world.work()).toHaveLength(
        kind === 'verification' || ticket === 'nothing' || ticket === revoked.secret ? 1 : 2,
      );
    }
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
  });

  test('is mailed once while the last mail still waits', async () => {
    const user = await world.aUser(connection);
    const { secret } = await world.anInvitation(user);
    const visitor = aVisitor(world);
    const { html } = await visitor.get(pathOf('nothing'));
    const csrf = /name="csrf" value="([^"]*)"/.exec(html)?.[1] ?? '';
    world.server.sink.refuse('MAIL FROM');
    for (let i = 0; i < 2; i++) {
      await visitor.post('/u/new-link', { csrf, kind: 'invitation', ticket: secret });
      await world.work();
    }
    world.server.sink.refuse(null);
    expect(await messagesOf(world, user.id)).toHaveLength(1);
  });

  test('is mailed at most three times an hour', async () => {
    const user = await world.aUser(connection);
    const { secret } = await world.anInvitation(user);
    const visitor = aVisitor(world);
    const { html } = await visitor.get(pathOf('nothing'));
    const csrf = /name="csrf" value="([^"]*)"/.exec(html)?.[1] ?? '';
    for (let i = 0; i < 5; i++) {
      await visitor.post('/u/new-link', { csrf, kind: 'invitation', ticket: secret });
      await world.work();
      world.passTime(61);
    }
    expect(await messagesOf(world, user.id)).toHaveLength(3);
    world.passTime(3600);
    await visitor.post('/u/new-link', { csrf, kind: 'invitation', ticket: secret });
    await world.work();
    expect(await messagesOf(world, user.id)).toHaveLength(4);
  });
});
