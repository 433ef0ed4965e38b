import { beforeAll, describe, expect, test } from 'vitest';
import { methodsOfUser } from '../../src/records/authentication-methods/authentication-methods.ts';
import { findInvitation } from '../../src/records/invitations/invitations.ts';
import { findUser } from '../../src/records/users/users.ts';
import { aProvider } from '../harness/providers/person.ts';
import { aVisitor } from '../harness/visitor.ts';
import { openWorld, type World } from '../harness/world.ts';
import { newAuthenticator } from '../passkeys/authenticator.ts';
import { aFlowPage, type FlowPage, GOOD, ORIGIN, wrongCode } from './flow-page.ts';

/** An origin on the domain of the server, as browsers see it. */
const NEAR = 'http://localhost:4321';
const BELOW = 'https://join.localhost';
const WITH_PASSKEYS = { authentication_methods: { passkey: { enabled: true } } };

let world: World;
let client: { id: string };
let open: (origin?: string) => Promise<{
  page: FlowPage;
  id: string;
  user: { id: string; email: string | null };
}>;

beforeAll(async () => {
  world = await openWorld();
  const connection = await world.aConnection(WITH_PASSKEYS);
  client = await world.aClient(connection, {
    settings: { webOrigins: [ORIGIN, NEAR, BELOW] },
  });
  await aProvider(world, {
    name: 'email',
    strategy: 'email',
    options: {},
    clientIds: [client.id],
  });
  open = async (origin = NEAR) => {
    const user = await world.aUser(connection);
    const invitation = await world.anInvitation(user, { clientId: client.id });
    const page = aFlowPage(world, client, origin);
    const started = await page.start(invitation.secret);
    expect(started.body.next, JSON.stringify(started.body)).toEqual([
      'password',
      'passkey',
      'code',
    ]);
    return { page, user, id: invitation.id };
  };
});

const stateOf = async (id: string) => (await findInvitation(world.db, id))?.state;

async function claimsWith(login_ticket: string) {
  const visitor = aVisitor(world);
  return world.claimsAfter(visitor, await world.openLogin(visitor, client.id, { login_ticket }));
}

describe('the way with a passkey', () => {
  test.each([NEAR, BELOW])('stores it with the acceptance, on a page at %s', async (origin) => {
    const { page, user, id } = await open(origin);
    const { passkey: options } = (await page.send('passkey', {})).body;
    expect(options).toMatchObject({ rp: { id: 'localhost' }, user: { name: user.email } });
    const credential = JSON.parse(newAuthenticator(origin).register(options));
    const verified = await page.send('passkey/verify', { credential });
    expect([verified.status, verified.body.state]).toEqual([200, 'ready']);
    expect([await stateOf(id), (await methodsOfUser(world.db, user.id)).methods]).toEqual([
      'pending',
      [],
    ]);
    const { login_ticket } = (await page.send('complete', {})).body;
    expect(await findInvitation(world.db, id)).toMatchObject({
      state: 'accepted',
      acceptedBy: 'passkey',
    });
    expect((await methodsOfUser(world.db, user.id)).methods).toMatchObject([{ kind: 'passkey' }]);
    const { sub, amr } = await claimsWith(login_ticket);
    expect([sub, amr]).toEqual([user.id, expect.arrayContaining(['user', 'mfa'])]);
  });

  test('is refused clearly on a page of another domain', async () => {
    const { page } = await open(ORIGIN);
    const answer = await page.send('passkey', {});
    expect([answer.status, answer.body.problem.code, answer.body.state]).toEqual([
      409,
      'passkey_not_here',
      'credential',
    ]);
    expect((await page.send('password', { password: GOOD })).body.state).toBe('ready');
  });

  test('takes no passkey that was made on another page, for another flow, or twice', async () => {
    const { page } = await open();
    const other = await open();
    const optionsOf = async () => (await page.send('passkey', {})).body.passkey;
    const answerOf = async (by: FlowPage, credential: unknown) =>
      (await by.send('passkey/verify', { credential })).body.problem?.code ?? 'ok';
    const elsewhere = newAuthenticator('https://localhost.example.test');
    const made = JSON.parse(elsewhere.register(await optionsOf()));
    expect(await answerOf(page, made)).toBe('passkey_refused');
    const own = JSON.parse(newAuthenticator(NEAR).register(await optionsOf()));
    expect(await answerOf(other.page, own)).toBe('passkey_refused');
    const credential = JSON.parse(newAuthenticator(NEAR).register(await optionsOf()));
    expect(await answerOf(page, credential)).toBe('ok');
    expect(await answerOf(page, credential)).toBe('passkey_refused');
    expect(await answerOf(page, 'a text')).toBe('invalid_request');
    expect((await page.send('complete', {})).status).toBe(200);
  });
});

describe('the way with a code by mail', () => {
  const mailedCode = async (email: string | null) => {
    const { mail } = await world.server.sink.waitForMail(email ?? '');
    return /\b\d{6}\b/.exec(mail.subject ?? '')?.[0] ?? '';
  };

  test('mails it to the invited address, and accepts', async () => {
    const { page, user, id } = await open();
    expect((await page.send('code/verify', { code: '123456' })).body.problem.code).toBe(
      'wrong_code',
    );
    expect((await page.send('code', {})).body.state).toBe('credential');
    const code = await mailedCode(user.email);
    const wrong = await page.send('code/verify', { code: wrongCode(code) });
    expect([wrong.status, wrong.body.problem.code]).toEqual([422, 'wrong_code']);
    expect((await page.send('code/verify', { code })).body.state).toBe('ready');
    expect((await page.send('code/verify', { code })).body.problem.code).toBe('wrong_code');
    const { login_ticket } = (await page.send('complete', {})).body;
    expect(await stateOf(id)).toBe('accepted');
    expect(await findUser(world.db, user.id)).toMatchObject({ emailVerified: true });
    expect((await claimsWith(login_ticket)).sub).toBe(user.id);
  });
});
