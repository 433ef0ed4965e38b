import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { deriveKeys } from '../../src/platform/crypto/crypto.ts';
import { type Db, transaction } from '../../src/platform/db/db.ts';
import { newId } from '../../src/platform/ids/ids.ts';
import { type Connection, insertConnection } from '../../src/records/connections/connections.ts';
import { findUser, updateUser } from '../../src/records/users/users.ts';
import { storeProvidedIdentity } from '../../src/steps/adopt-identity/adopt-identity.ts';
import { eventually, freshDatabase } from '../harness/harness.ts';
import { aProvidedPerson } from '../harness/providers/provided-person.ts';

const { encryption: tokenKey } = deriveKeys('a-secret-for-tests-only-0123456789abcdef');
const email = 'proved@meanwhile.test';

async function aProvider(db: Db): Promise<Connection> {
  const now = new Date();
  const about = { name: 'google', displayName: null, strategy: 'google-oauth2', options: {} };
  const times = { createdAt: now, updatedAt: now };
  const connection = { id: newId('con'), ...about, metadata: null, realms: [], settings: {} };
  await insertConnection(db, { ...connection, ...times });
  return { ...connection, ...times };
}

async function comes(db: Db, connection: Connection, emailVerified: boolean) {
  const identity = aProvidedPerson({ email, emailVerified });
  const outcome = await transaction(db, (tx) =>
    storeProvidedIdentity(tx, {
      connection,
      identity,
      linkTo: null,
      mayCreate: true,
      tokenKey,
      at: new Date(),
    }),
  );
  if (outcome.kind !== 'stored') throw new Error(`The identity is ${outcome.kind}.`);
  return outcome.user;
}

test('an address that its user proves at the same moment is not taken away', async () => {
  const { db } = await freshDatabase();
  const connection = await aProvider(db);
  const owner = await comes(db, connection, false);
  let other: ReturnType<typeof comes> | undefined;
  await transaction(db, async (tx) => {
    await updateUser(tx, owner.id, { emailVerified: true }, new Date());
    const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(tx);
    other = comes(db, connection, true);
    other.catch(() => {});
    await eventually(async () => {
      const waiting = await sql`select 1 from pg_stat_activity
        where ${rows[0]?.pid}::int = any(pg_blocking_pids(pid))`.execute(db);
      return waiting.rows.length > 0 ? true : undefined;
    });
  });
  expect((await other)?.email).toBeNull();
  expect(await findUser(db, owner.id)).toMatchObject({ email, emailVerified: true });
});
