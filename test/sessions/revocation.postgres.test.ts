import { expect, test } from 'vitest';
import { deriveKeys } from '../../src/platform/crypto/crypto.ts';
import type { Db } from '../../src/platform/db/db.ts';
import {
  findPayload,
  listAccess,
  revokeAccess,
  savePayload,
} from '../../src/records/oidc-payloads/oidc-payloads.ts';
import { freshDatabase } from '../harness/harness.ts';

const key = deriveKeys('a-secret-for-tests-only-0123456789abcdef').encryption;
const now = new Date();
const asked = { model: 'RefreshToken', userId: 'auth0|1', afterId: null, limit: 9, now } as const;

const save = (db: Db, id: string) =>
  savePayload(db, key, {
    model: 'RefreshToken',
    id,
    payload: { id },
    accountId: 'auth0|1',
    clientId: 'client',
    grantId: 'grant',
    uid: 'family',
    expiresAt: new Date(now.getTime() + 3_600_000),
    now: new Date(),
  });

const idOf = async (db: Db) => (await listAccess(db, key, asked))[0]?.id ?? '';
const isThere = async (db: Db, id: string) =>
  (await findPayload(db, key, { model: 'RefreshToken', id })) !== null;

test('a rotation after a revocation is revoked too', async () => {
  const { db } = await freshDatabase();
  await save(db, 'first');
  const ids = [await idOf(db)];
  await db.transaction().execute((tx) => revokeAccess(tx, { model: 'RefreshToken', ids }, now));
  await save(db, 'second');
  expect([await isThere(db, 'first'), await isThere(db, 'second')]).toEqual([false, false]);
  expect(await listAccess(db, key, asked)).toEqual([]);
});

test('a rotation waits for a revocation in progress', async () => {
  const { db } = await freshDatabase();
  await save(db, 'first');
  const ids = [await idOf(db)];
  let rotation: Promise<void> | undefined;
  await db.transaction().execute(async (tx) => {
    await revokeAccess(tx, { model: 'RefreshToken', ids }, now);
    rotation = save(db, 'second');
    await new Promise((resolve) => setTimeout(resolve, 300));
  });
  await rotation;
  expect(await isThere(db, 'second')).toBe(false);
});

test('a revocation waits for a rotation in progress and ends its result', async () => {
  const { db } = await freshDatabase();
  await save(db, 'first');
  const ids = [await idOf(db)];
  let end: Promise<unknown> | undefined;
  await db.transaction().execute(async (tx) => {
    await save(tx, 'second');
    end = db
      .transaction()
      .execute((other) => revokeAccess(other, { model: 'RefreshToken', ids }, now));
    await new Promise((resolve) => setTimeout(resolve, 300));
  });
  await end;
  expect(await isThere(db, 'second')).toBe(false);
});
