import { beforeAll, describe, expect, test } from 'vitest';
import { verifyPassword } from '../../src/platform/password-hash/password-hash.ts';
import { type Client, markClientDeleted } from '../../src/records/clients/clients.ts';
import { type Connection, disableClients } from '../../src/records/connections/connections.ts';
import { findInvitation } from '../../src/records/invitations/invitations.ts';
import { findPassword } from '../../src/records/passwords/passwords.ts';
import { ticketSecret } from '../../src/records/tickets/tickets.ts';
import { findUser, updateUser } from '../../src/records/users/users.ts';
import { storeProvidedIdentity } from '../../src/steps/adopt-identity/adopt-identity.ts';
import { aPerson, atOnce } from '../harness/factories.ts';
import { aProvidedPerson } from '../harness/providers/provided-person.ts';
import { aVisitor, headlineOf, textOf } from '../harness/visitor.ts';
import { made, openStillWorld, type StillWorld } from '../harness/world.ts';
import { messagesOf, ticketOf } from './messages.ts';

const OWN = 'Tulip-Canal-77';
const OTHER = 'Heron-Bridge-31';

let world: StillWorld;
let connection: Connection;
let client: Client;

beforeAll(async () => {
  world = await openStillWorld();
  connection = await world.aConnection();
  client = await world.aClient(connection);
});

const pathOf = (secret: string) => `/u/invitation?ticket=${secret}`;

async function invited(chosen: object = {}) {
  const user = await world.aUser(connection, { password: OWN, ...chosen });
  const plan = { userMetadata: { seat: 4 }, inviter: { name: 'Mira' } };
  const invitation = await world.anInvitation(user, { clientId: client.id, plan });
  return { user, ...invitation };
}

async function stillOpens(userId: string, password: string): Promise<boolean> {
  const stored = await findPassword(world.db, userId);
  return stored !== null && (await verifyPassword(stored, password)).matches;
}

describe('an invitation to a user who has a password', () => {
  test('asks for that password, is accepted by a login, and does not replace the password', async () => {
    const { user, id, secret } = await invited();
    const visitor = aVisitor(world);
    const page = await visitor.get(pathOf(secret));
    expect(textOf(page)).toContain('Mira has invited you. You already have an account.');
    expect(page.html).toContain('autocomplete="current-password"');
    expect(page.html).not.toContain('autocomplete="new-password"');
    const wrong = await visitor.submit(page, { password: OTHER, repeat: OTHER });
    expect(wrong.status).toBe(400);
    // The form has no address field that could be wrong.
    expect(textOf(wrong)).toContain('That is not the password of this account.');
    expect(await stillOpens(user.id, OWN)).toBe(true);
    expect((await findInvitation(world.db, id))?.state).toBe('pending');

    const answer = await visitor.submit(wrong, { password: OWN });
    expect(answer.status).toBe(303);
    expect(await findInvitation(world.db, id)).toMatchObject({
      state: 'accepted',
      acceptedBy: 'login',
    });
    const accepted = await findUser(world.db, user.id);
    expect(accepted).toMatchObject({ emailVerified: true, userMetadata: { seat: 4 } });
    const arrives = await world.openLogin(visitor, client.id);
    expect(arrives.status).toBe(303);
    expect((await world.claimsAfter(visitor, arrives)).sub).toBe(user.id);
    expect((await findUser(world.db, user.id))?.loginsCount).toBe(1);
    expect(headlineOf(await visitor.get(pathOf(secret)))).toBe('You have already accepted');
  });

  test('mails a reset link to the invited address after a forgotten password', async () => {
    const { user, id, secret } = await invited();
    const visitor = aVisitor(world);
    const page = await visitor.get(pathOf(secret));
    const answer = await visitor.submit(page, { way: 'forgot', email: 'thief@example.test' });
    expect(answer.headers.location).toBe('/u/mail-sent?ui_locales=en');
    await world.work();
    expect(await messagesOf(world, user.id)).toMatchObject([
      { template: 'reset_email', recipient: user.email },
    ]);
    expect((await findInvitation(world.db, id))?.state).toBe('pending');
  });

  test('explains why it sets no password if one was set after it was sent', async () => {
    const user = await world.aUser(connection);
    const { secret } = await world.anInvitation(user, { clientId: client.id });
    const visitor = aVisitor(world);
    const before = await visitor.get(pathOf(secret));
    world.passTime(60);
    const reset = await visitor.get(`/u/reset-verify?ticket=${await world.aTicket(user)}`);
    await visitor.submit(reset, { password: OWN });
    const late = await visitor.submit(before, { password: OTHER });
    expect(textOf(late)).toContain('so you can’t set it with this link');
    expect(await stillOpens(user.id, OWN)).toBe(true);
    const page = await visitor.get(pathOf(secret));
    expect(textOf(page)).toContain('The password of this account was set on');
    expect((await visitor.submit(page, { password: OWN })).status).toBe(303);
  });

  test('is accepted once, by sixteen simultaneous logins', async () => {
    const { user, secret } = await invited();
    const answers = await atOnce(16, async (i) => {
      const visitor = aVisitor(world, `203.0.113.${i}`);
      return visitor.submit(await visitor.get(pathOf(secret)), { password: OWN });
    });
    expect(answers.filter(({ status }) => status === 303)).toHaveLength(1);
    expect((await findUser(world.db, user.id))?.userMetadata).toEqual({ seat: 4 });
  });
});

describe('an invitation that is not acceptable now', () => {
  test.each<[string, string, (userId: string, app: Client) => Promise<unknown>]>([
    [
      'the person is blocked',
      'This account is blocked',
      (userId) => updateUser(world.db, userId, { blocked: true }, world.clock.now()),
    ],
    [
      'the application may not use the connection',
      'You can’t log in yet',
      (_, app) => disableClients(world.db, connection.id, [app.id]),
    ],
    [
      'the application is deleted',
      'This application no longer exists',
      (_, app) => markClientDeleted(world.db, app.id, world.clock.now()),
    ],
  ])('gives the reason %s before a password is typed, and stays open', async (_why, headline, happen) => {
    const app = await world.aClient(connection, {
      settings: { initiateLoginUri: 'https://notes.example.com/login' },
    });
    for (const password of [undefined, OWN]) {
      const user = await world.aUser(connection, password === undefined ? {} : { password });
      const { id, secret } = await world.anInvitation(user, { clientId: app.id });
      const visitor = aVisitor(world);
      const before = await visitor.get(pathOf(secret));
      if (before.status === 200) {
        await happen(user.id, app);
        const sent = await visitor.submit(before, { password: OWN });
        expect([sent.status, headlineOf(sent)]).toEqual([409, headline]);
      }
      const page = await visitor.get(pathOf(secret));
      expect([page.status, headlineOf(page)]).toEqual([409, headline]);
      expect(page.html).not.toContain('type="password"');
      expect((await findInvitation(world.db, id))?.state).toBe('pending');
      expect(await stillOpens(user.id, OWN)).toBe(password !== undefined);
    }
  });
});

describe('the ways that an invitation has', () => {
  let google: Connection;

  beforeAll(async () => {
    const store = {
      name: 'google',
      strategy: 'google-oauth2',
      options: { client_id: 'at-google', client_secret: 'secret' },
      enabled_clients: [client.id],
    };
    google = { ...connection, ...(await made(world.server, '/connections', store)), ...store };
  });

  const shownTo = async (
    plan: object,
    has: 'nothing' | 'google',
    { store, clientId } = { store: connection, clientId: client.id },
  ) => {
    const email = aPerson().email;
    const user = await world.aUser(store, { email, emailVerified: true });
    if (has === 'google') {
      await world.db.transaction().execute((tx) =>
        storeProvidedIdentity(tx, {
          connection: google,
          identity: aProvidedPerson({ email, isAuthoritative: true }),
          linkTo: user.id,
          mayCreate: true,
          tokenKey: Buffer.alloc(32, 7),
          at: world.clock.now(),
        }),
      );
    }
    const invitation = await world.anInvitation(user, { clientId, plan });
    const visitor = aVisitor(world);
    return { user, ...invitation, visitor, page: await visitor.get(pathOf(invitation.secret)) };
  };

  test.each([
    ['nothing', {}, 'Choose a password or another way to log in, and your account is ready.'],
    ['google', {}, 'You already have an account. Log in to accept the invitation.'],
  ] as const)('are what its page says, to a person with %s', async (has, plan, lead) => {
    const { page } = await shownTo(plan, has);
    expect(textOf(page)).toContain(lead);
    expect(textOf(page)).toContain('Continue with Google');
  });

  test('are only a password: the page says so', async () => {
    const { page } = await shownTo({ connectionIds: [connection.id] }, 'nothing');
    expect(textOf(page)).toContain('Choose a password, and your account is ready.');
  });

  test('are none of those of the person: the page says what works, and the account gets a password by mail', async () => {
    const plan = { connectionIds: [connection.id] };
    const { user, id, secret, visitor, page } = await shownTo(plan, 'google');
    expect(textOf(page)).toContain(
      'You already have an account, but you cannot accept the invitation with the way in which you log in.',
    );
    expect(textOf(page)).toContain(`If you can log in to ${client.name}, do it`);
    expect(page.html).not.toContain('type="password"');
    const answer = await visitor.submit(page, { way: 'forgot' });
    expect(answer.headers.location).toBe('/u/mail-sent?ui_locales=en');
    await world.work();
    expect(await messagesOf(world, user.id)).toMatchObject([
      { template: 'reset_email', recipient: user.email },
    ]);
    const link = ticketSecret(world.keys.ticket, (await ticketOf(world, user.id))?.id ?? '');
    const reset = await visitor.get(`/u/reset-verify?ticket=${link}`);
    await visitor.submit(reset, { password: OTHER, repeat: OTHER });
    const again = await visitor.get(pathOf(secret));
    expect((await visitor.submit(again, { password: OTHER })).status).toBe(303);
    expect((await findInvitation(world.db, id))?.state).toBe('accepted');
  });

  test('are none of those of the person, and only operators set passwords: the page says whom to ask', async () => {
    const closed = await world.aConnection({ disable_self_service_change_password: true });
    const other = await world.aClient(closed);
    const { page } = await shownTo(
      { connectionIds: [closed.id], inviteeMay: 'link_only' },
      'google',
      {
        store: closed,
        clientId: other.id,
      },
    );
    expect(textOf(page)).toContain('Ask the person who has invited you for help.');
    expect(textOf(page)).not.toContain(`If you can log in to ${other.name}`);
    expect(page.html).not.toContain('<form');
  });
});
