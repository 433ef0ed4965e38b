import { beforeAll, expect, test } from 'vitest';
import type { Db } from '../../src/platform/db/db.ts';
import { duringRequest } from '../../src/platform/request-context/request-context.ts';
import {
  findMethod,
  useMethod,
  useTotpStep,
} from '../../src/records/authentication-methods/authentication-methods.ts';
import { endSessionsOf } from '../../src/records/oidc-payloads/oidc-payloads.ts';
import { findUser } from '../../src/records/users/users.ts';
import { openStillWorld, type StillWorld } from '../harness/world.ts';
import { aMethod, SECRET } from './factors.ts';

const KEY = Buffer.alloc(32, 1);
const now = new Date();
let db: Db;
let world: StillWorld;
let store: Awaited<ReturnType<StillWorld['aConnection']>>;

beforeAll(async () => {
  world = await openStillWorld();
  db = world.db;
  store = await world.aConnection();
});

const aRequest = () => ({
  ip: '203.0.113.7',
  userAgent: null,
  hostname: null,
  clientLibrary: null,
});

const confirms = {
  otp: (id: string, userId: string) => useTotpStep(db, { id, userId, step: 7, now }),
  sms: (id: string, userId: string) => useMethod(db, { id, userId, now }),
};
const begun = (kind: 'otp' | 'sms', userId: string) =>
  aMethod(
    { db, key: KEY, now },
    kind === 'otp'
      ? { userId, kind: 'totp', confirmed: false, totpSecret: SECRET }
      : { userId, kind: 'phone', confirmed: false, phoneNumber: '+12025550123' },
  );

test.each([
  'otp',
  'sms',
] as const)('a login whose sessions have ended cannot confirm a factor (%s)', async (kind) => {
  const { id: userId } = await world.aUser(store, { email: `${kind}@example.test` });
  const id = await begun(kind, userId);
  const confirmed = await duringRequest(aRequest(), async () => {
    await findUser(db, userId);
    // The password is changed on another node.
    await new Promise<void>((resolve, reject) =>
      duringRequest(aRequest(), () => endSessionsOf(db, userId).then(resolve, reject)),
    );
    return confirms[kind](id, userId);
  });
  expect(confirmed).toBe(false);
  expect((await findMethod(db, { userId, id }))?.confirmed).toBe(false);
  const now = await duringRequest(aRequest(), async () => {
    await findUser(db, userId);
    return confirms[kind](id, userId);
  });
  expect(now).toBe(true);
});
