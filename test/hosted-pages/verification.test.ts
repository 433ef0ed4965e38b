import { beforeAll, expect, test } from 'vitest';
import type { Connection } from '../../src/records/connections/connections.ts';
import { findUser, updateUser } from '../../src/records/users/users.ts';
import { aVisitor, headlineOf } from '../harness/visitor.ts';
import { openStillWorld, type StillWorld } from '../harness/world.ts';
import { messagesOf } from './messages.ts';

let world: StillWorld;
let connection: Connection;

beforeAll(async () => {
  world = await openStillWorld();
  connection = await world.aConnection();
});

const KIND = { kind: 'email-verification' } as const;
const pathOf = (secret: string) => `/u/email-verification?ticket=${secret}`;

test('a verification link verifies the address at the press of its button, and not when it is opened', async () => {
  const user = await world.aUser(connection);
  const secret = await world.aTicket(user, KIND);
  const visitor = aVisitor(world);
  await visitor.get(pathOf(secret));
  await visitor.head(pathOf(secret));
  const page = await visitor.get(pathOf(secret));
  expect((await findUser(world.db, user.id))?.emailVerified).toBe(false);
  const answer = await visitor.submit(page, {});
  expect([answer.status, answer.headers.location]).toEqual([
    303,
    '/u/done?what=verified&ui_locales=en',
  ]);
  expect((await findUser(world.db, user.id))?.emailVerified).toBe(true);
  const again = await visitor.get(pathOf(secret));
  expect([again.status, headlineOf(again)]).toEqual([200, 'Your email address is confirmed']);
});

test('a verification leads to the address of the link with the documented parameters', async () => {
  const user = await world.aUser(connection, { email: 'john.doe@exampleco.com' });
  const resultUrl = 'https://app.example.com/#/register';
  const secret = await world.aTicket(user, { ...KIND, resultUrl });
  const visitor = aVisitor(world);
  const answer = await visitor.submit(await visitor.get(pathOf(secret)), {});
  expect(answer.headers.location).toBe(
    'https://app.example.com/?supportSignUp=true&supportForgotPassword=true&email=john.doe%40exampleco.com&message=Your%20email%20was%20verified.%20You%20can%20continue%20using%20the%20application.&success=true&code=success#/register',
  );
  const second = await world.aTicket(user, { ...KIND, resultUrl });
  const already = await visitor.submit(await visitor.get(pathOf(second)), {});
  expect(already.headers.location).toBe(
    'https://app.example.com/?email=john.doe%40exampleco.com&message=This%20account%20is%20already%20verified.&success=false#/register',
  );
});

test("a verification link does not allow unlimited guesses at the sign-up's password", async () => {
  const user = await world.aUser(connection, { password: 'the maker knows it', isUnproven: true });
  const secret = await world.aTicket(user, KIND);
  const visitor = aVisitor(world);
  const page = await visitor.get(pathOf(secret));
  const statuses: number[] = [];
  for (let guess = 0; guess < 12; guess++) {
    const answer = await visitor.submit(page, { password: `guess ${guess}` });
    statuses.push(answer.status);
  }
  expect(statuses).toEqual([...new Array(11).fill(400), 429]);
  // The owner needs no password.
  const answer = await visitor.submit(page, {});
  expect(answer.headers.location).toContain('/u/reset-verify');
});

test('a link does not verify an address that the account no longer has', async () => {
  const user = await world.aUser(connection);
  const secret = await world.aTicket(user, KIND);
  const visitor = aVisitor(world);
  const page = await visitor.get(pathOf(secret));
  await updateUser(world.db, user.id, { email: 'moved@example.test' }, world.clock.now());
  const answer = await visitor.submit(page, {});
  expect([answer.status, headlineOf(answer)]).toEqual([410, 'This address is no longer in use']);
  expect((await findUser(world.db, user.id))?.emailVerified).toBe(false);
});

test('a reset link verifies nothing here, and a verification link sets no password there', async () => {
  const user = await world.aUser(connection);
  const visitor = aVisitor(world);
  expect((await visitor.get(pathOf(await world.aTicket(user)))).status).toBe(404);
  const secret = await world.aTicket(user, KIND);
  expect((await visitor.get(`/u/reset-verify?ticket=${secret}`)).status).toBe(404);
});

test('a new link replaces an expired one by mail, unless the address is verified', async () => {
  const user = await world.aUser(connection);
  const secret = await world.aTicket(user, { ...KIND, ttlSeconds: 60 });
  world.passTime(61);
  const visitor = aVisitor(world);
  await visitor.submit(await visitor.get(pathOf(secret)), {});
  await world.work();
  expect(await messagesOf(world, user.id)).toMatchObject([
    { template: 'verify_email', recipient: user.email },
  ]);

  const verified = await world.aUser(connection, { emailVerified: true });
  const old = await world.aTicket(verified, { ...KIND, ttlSeconds: 60 });
  world.passTime(61);
  await visitor.submit(await visitor.get(pathOf(old)), {});
  await world.work();
  expect(await messagesOf(world, verified.id)).toEqual([]);
});
