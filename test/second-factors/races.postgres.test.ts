import { sql } from 'kysely';
import { beforeAll, expect, test } from 'vitest';
import {
  type ProveFactorDeps,
  proveWithCode,
  proveWithOtp,
  proveWithRecoveryCode,
  sendCode,
} from '../../src/flows/prove-factor/prove-factor.ts';
import { methodsOf } from '../../src/flows/second-factor/second-factor.ts';
import { systemClock } from '../../src/platform/clock/clock.ts';
import type { Database } from '../../src/platform/db/db.ts';
import {
  findMethod,
  setRecoveryCode,
} from '../../src/records/authentication-methods/authentication-methods.ts';
import { noAudit } from '../../src/records/logs/logs.ts';
import { newMfaToken, useMfaToken } from '../../src/records/mfa-tokens/mfa-tokens.ts';
import {
  beginPendingLogin,
  findPendingLogin,
  finishPendingLogin,
  provePendingLogin,
} from '../../src/records/pending-logins/pending-logins.ts';
import { insertUser, type User } from '../../src/records/users/users.ts';
import { atOnce } from '../harness/factories.ts';
import { freshDatabase } from '../harness/harness.ts';
import { keys } from '../harness/world.ts';
import { aMethod, configure, otpAt, SECRET } from './factors.ts';

// One of sixteen simultaneous requests on real connections wins.
const SIXTEEN = 16;
const ROUNDS = 20;

let database: Database;
let deps: ProveFactorDeps;
const now = new Date();
const texts: string[] = [];

beforeAll(async () => {
  database = await freshDatabase();
  await configure(database.db, { factors: ['otp', 'sms', 'recovery-code'] });
  deps = {
    db: database.db,
    clock: { ...systemClock, now: () => now },
    keys,
    enqueue: async () => {},
    audit: noAudit,
    publicUrl: 'http://localhost:3000',
    smsSender: async () => ({
      async send({ text }) {
        texts.push(text);
        return { kind: 'sent' };
      },
    }),
  };
});

let people = 0;
async function aPerson(): Promise<User> {
  const inserted = await insertUser(database.db, {
    connectionId: 'con_races',
    email: `person-${++people}@example.test`,
    now,
  });
  if (inserted.kind !== 'inserted') throw new Error('Nobody was added.');
  return inserted.user;
}

const challengedUser = (user: User) => ({ user, clientId: null, ip: '203.0.113.7' });
const good = (outcomes: { kind: string }[]) => outcomes.filter(({ kind }) => kind === 'ok').length;

test("an application's code is accepted once", async () => {
  for (let round = 0; round < ROUNDS; round++) {
    const user = await aPerson();
    const method = { userId: user.id, kind: 'totp', totpSecret: SECRET } as const;
    await aMethod({ db: deps.db, key: keys.encryption, now }, method);
    // The same secret twice is no second chance.
    await aMethod({ db: deps.db, key: keys.encryption, now }, method);
    const code = otpAt(SECRET, now);
    const outcomes = await atOnce(SIXTEEN, () =>
      proveWithOtp(deps, { ...challengedUser(user), code }),
    );
    expect(good(outcomes)).toBe(1);
  }
});

let numbers = 0;
/** A number that nobody else has, because the texts to one number are limited. */
const aNumber = () => `+491709${String(++numbers).padStart(6, '0')}`;

test('a sent code is accepted once', async () => {
  for (let round = 0; round < ROUNDS; round++) {
    const user = await aPerson();
    const id = await aMethod(
      { db: deps.db, key: keys.encryption, now },
      { userId: user.id, kind: 'phone', phoneNumber: aNumber() },
    );
    const method = await findMethod(deps.db, { userId: user.id, id });
    if (!method) throw new Error('The phone is gone.');
    const sent = await sendCode(deps, { ...challengedUser(user), method });
    if (sent.kind !== 'sent') throw new Error('Nothing was sent.');
    const code = /\d{6}/.exec(texts.at(-1) ?? '')?.[0] ?? '';
    const of = { secret: sent.secret };
    const outcomes = await atOnce(4, () =>
      proveWithCode(deps, { ...challengedUser(user), of, code, accepts: () => true }),
    );
    expect(good(outcomes)).toBe(1);
  }
});

test('five of sixteen guesses at a sent code are checked', async () => {
  const user = await aPerson();
  const id = await aMethod(
    { db: deps.db, key: keys.encryption, now },
    { userId: user.id, kind: 'phone', phoneNumber: aNumber() },
  );
  const method = await findMethod(deps.db, { userId: user.id, id });
  if (!method) throw new Error('The phone is gone.');
  const sent = await sendCode(deps, { ...challengedUser(user), method });
  if (sent.kind !== 'sent') throw new Error('Nothing was sent.');
  const right = /\d{6}/.exec(texts.at(-1) ?? '')?.[0];
  const code = right === '000000' ? '000001' : '000000';
  const outcomes = await atOnce(SIXTEEN, () =>
    proveWithCode(deps, {
      ...challengedUser(user),
      of: { id: sent.challengeId },
      code,
      accepts: () => true,
    }),
  );
  expect(outcomes.filter(({ kind }) => kind === 'wrong')).toHaveLength(5);
  expect(good(outcomes)).toBe(0);
});

test('a recovery code works once, and one next code counts', async () => {
  for (let round = 0; round < ROUNDS; round++) {
    const user = await aPerson();
    const code = (await setRecoveryCode(deps.db, { userId: user.id, now })) ?? '';
    const outcomes = await atOnce(SIXTEEN, () =>
      proveWithRecoveryCode(deps, { ...challengedUser(user), code }),
    );
    expect(good(outcomes)).toBe(1);
    const next = outcomes.find(({ kind }) => kind === 'ok')?.next ?? '';
    await sql`delete from throttles`.execute(deps.db);
    expect((await proveWithRecoveryCode(deps, { ...challengedUser(user), code })).kind).toBe(
      'wrong',
    );
    expect((await proveWithRecoveryCode(deps, { ...challengedUser(user), code: next })).kind).toBe(
      'ok',
    );
  }
});

test('an mfa_token and a waiting login finish once', async () => {
  for (let round = 0; round < ROUNDS; round++) {
    const user = await aPerson();
    const token = await newMfaToken(deps.db, {
      userId: user.id,
      clientId: 'app',
      connectionId: 'con_races',
      audience: null,
      scope: null,
      context: {},
      now,
    });
    const used = await atOnce(SIXTEEN, () => useMfaToken(deps.db, { token, now }));
    expect(used.filter((candidate) => candidate !== null)).toHaveLength(1);

    const interactionUid = `uid-${round}`;
    await beginPendingLogin(deps.db, {
      interactionUid,
      userId: user.id,
      amr: ['pwd'],
      enrolling: false,
      now,
    });
    const waiting = await findPendingLogin(deps.db, { interactionUid, now });
    const id = waiting?.id ?? '';
    expect(await finishPendingLogin(deps.db, { id, now })).toBeNull();
    await provePendingLogin(deps.db, { id, secondAmr: 'otp', now });
    const finished = await atOnce(SIXTEEN, () => finishPendingLogin(deps.db, { id, now }));
    expect(finished.filter((candidate) => candidate !== null)).toHaveLength(1);
  }
});

test("a new password login replaces the waiting user and does not use that user's factor", async () => {
  const [first, second] = [await aPerson(), await aPerson()];
  const interactionUid = 'shared';
  await beginPendingLogin(deps.db, {
    interactionUid,
    userId: first.id,
    amr: ['pwd'],
    enrolling: false,
    now,
  });
  const waiting = await findPendingLogin(deps.db, { interactionUid, now });
  await beginPendingLogin(deps.db, {
    interactionUid,
    userId: second.id,
    amr: ['pwd'],
    enrolling: false,
    now,
  });
  const id = waiting?.id ?? '';
  expect(await provePendingLogin(deps.db, { id, secondAmr: 'otp', now })).toBe(false);
  expect(await findPendingLogin(deps.db, { interactionUid, now })).toMatchObject({
    userId: second.id,
    secondAmr: null,
  });
});

test('imported factors become methods once, even with sixteen logins', async () => {
  for (let round = 0; round < ROUNDS; round++) {
    const user = await aPerson();
    const factors = JSON.stringify([
      { totp: { secret: SECRET } },
      { email: { value: 'A@example.test' } },
    ]);
    await sql`update users set mfa_factors = ${factors}::jsonb where id = ${user.id}`.execute(
      deps.db,
    );
    await atOnce(SIXTEEN, () => methodsOf(deps, user.id));
    expect((await methodsOf(deps, user.id)).map(({ kind }) => kind).sort()).toEqual([
      'email',
      'totp',
    ]);
  }
});
