import { beforeAll, describe, expect, test } from 'vitest';
import { newId } from '../../src/platform/ids/ids.ts';
import { changeProtection } from '../../src/records/attack-protection/attack-protection.ts';
import type { Client } from '../../src/records/clients/clients.ts';
import type { Connection } from '../../src/records/connections/connections.ts';
import { aVisitor, headlineOf, type Page, textOf } from '../harness/visitor.ts';
import { openStillWorld, type StillWorld } from '../harness/world.ts';

const FORMER = 'Tulip-Canal-77';
const REFUSALS = [
  ['too short', 'Ab-1', 'This password is too weak'],
  ['common', 'Password1', 'Too many people use this password'],
  ['personal', 'xx-marigold-77-Z', 'must not contain your name'],
] as const;

let world: StillWorld;
let strict: Connection;
let lenient: Connection;
const clients = new Map<string, Client>();

beforeAll(async () => {
  world = await openStillWorld();
  const rules = {
    passwordPolicy: 'fair',
    password_history: { enable: true, size: 3 },
    password_no_personal_info: { enable: true },
  };
  strict = await world.aConnection(rules, 'strict');
  lenient = await world.aConnection({ passwordPolicy: 'none' }, 'lenient');
  for (const connection of [strict, lenient])
    clients.set(connection.id, await world.aClient(connection));
  const stages = { preUserRegistration: ['block'], preChangePassword: ['block'] };
  const detection = { enabled: true, shields: [], ...stages };
  await changeProtection(world.db, 'breachedPassword', detection, new Date());
});

const email = () => `marigold.${newId('p').slice(-8).toLowerCase()}@example.test`;

const DOORS: Record<string, (store: Connection, password: string) => Promise<Page>> = {
  async invitation(store, password) {
    const visitor = aVisitor(world);
    const { secret } = await world.anInvitation(await world.aUser(store, { email: email() }));
    return visitor.submit(await visitor.get(`/u/invitation?ticket=${secret}`), { password });
  },
  async ticket(store, password) {
    const visitor = aVisitor(world);
    const secret = await world.aTicket(await world.aUser(store, { email: email() }));
    return visitor.submit(await visitor.get(`/u/reset-verify?ticket=${secret}`), { password });
  },
  async 'sign-up'(store, password) {
    const visitor = aVisitor(world);
    const uid = await world.beginLogin(visitor, clients.get(store.id)?.id ?? '');
    const page = await visitor.get(`/u/signup?state=${uid}`);
    return visitor.submit(page, { email: email(), password });
  },
};

describe.each(Object.keys(DOORS))('through %s', (door) => {
  const choose = (store: Connection, password: string) => DOORS[door]?.(store, password);

  test.each(
    REFUSALS,
  )('a password that is %s is refused with its reason', async (_, password, why) => {
    const answer = await choose(strict, password);
    expect(answer?.status).toBe(400);
    expect(textOf(answer ?? { html: '' })).toContain(why);
  });

  test('a leaked password is refused, whatever the policy', async () => {
    const answer = await choose(lenient, 'password1');
    expect(answer?.status).toBe(400);
    expect(textOf(answer ?? { html: '' })).toContain('This password appears in data leaks');
  });

  test('another password is accepted', async () => {
    expect((await choose(strict, 'Harbour-Lamp-31'))?.status).toBe(303);
  });
});

test('a ticket accepts no password from the history', async () => {
  const user = await world.aUser(strict, { email: email(), password: FORMER });
  const visitor = aVisitor(world);
  const page = await visitor.get(`/u/reset-verify?ticket=${await world.aTicket(user)}`);
  expect(textOf(await visitor.submit(page, { password: FORMER }))).toContain('used this password');
});

test('an invitation sets no password after a ticket has set one, and stays open', async () => {
  const user = await world.aUser(strict, { email: email(), emailVerified: true });
  const { secret } = await world.anInvitation(user);
  const visitor = aVisitor(world);
  const old = await visitor.get(`/u/invitation?ticket=${secret}`);
  world.passTime(60);
  const reset = await visitor.get(`/u/reset-verify?ticket=${await world.aTicket(user)}`);
  expect((await visitor.submit(reset, { password: FORMER })).status).toBe(303);
  const answer = await visitor.submit(old, { password: 'Harbour-Lamp-31' });
  expect(answer.status).not.toBe(303);
  expect(headlineOf(answer)).not.toMatch(/withdrawn|newer link/);
});
