import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { removeUser } from '../../src/flows/manage-users/manage-users.ts';
import {
  removeConnection,
  removeInBatchesHandlers,
} from '../../src/flows/remove-in-batches/remove-in-batches.ts';
import { sweepLeftovers } from '../../src/flows/sweep-leftovers/sweep-leftovers.ts';
import { systemClock } from '../../src/platform/clock/clock.ts';
import { type Db, transaction } from '../../src/platform/db/db.ts';
import { noAudit } from '../../src/records/logs/logs.ts';
import { endSessionsOf } from '../../src/records/oidc-payloads/oidc-payloads.ts';
import { insertUser, linkUser } from '../../src/records/users/users.ts';
import { freshDatabase } from '../harness/harness.ts';
import { NO_DIRECTORIES } from '../harness/no-directories.ts';

test('one sweep removes everything expired, however much a busy time has left', async () => {
  const { db } = await freshDatabase();
  await sql`insert into oidc_payloads (model, id_hash, payload, expires_at)
    select 'AuthorizationCode', n::text, '{}'::jsonb, now() - interval '1 hour' from generate_series(1, 3500) as n
    union all select 'AuthorizationCode', 'fresh', '{}'::jsonb, now() + interval '1 hour'`.execute(
    db,
  );
  await sql`insert into throttles (key, count, window_ends)
    select n::text, 1, now() - interval '1 hour' from generate_series(1, 2500) as n`.execute(db);
  await sweepLeftovers({ db, clock: systemClock, logRetentionDays: 30 });
  const { rows } = await sql<{ id_hash: string }>`select id_hash from oidc_payloads`.execute(db);
  expect(rows).toEqual([{ id_hash: 'fresh' }]);
  const counters = await sql`select key from throttles`.execute(db);
  expect(counters.rows).toEqual([]);
});

test('a sweep deletes links, mails and invitations that ended long ago, and keeps others', async () => {
  const { db } = await freshDatabase();
  await sql`insert into connections (id, name, strategy, options, created_at, updated_at)
    values ('con_1', 'store', 'auth0', '{}', now(), now())`.execute(db);
  await sql`insert into users (id, connection_id, email, created_at, updated_at)
    values ('auth0|1', 'con_1', 'jo@example.test', now(), now()), ('auth0|2', 'con_1', 'al@example.test', now(), now())`.execute(
    db,
  );
  await sql`insert into tickets (id, kind, secret_hash, user_id, expires_at)
    values ('old', 'password-change', 'a', 'auth0|1', now() - interval '31 days'),
      ('new', 'password-change', 'b', 'auth0|2', now() - interval '29 days')`.execute(db);
  await sql`insert into campaigns (id, connection_id) values ('cam_1', 'con_1')`.execute(db);
  await sql`insert into invitations (id, campaign_id, user_id, email, secret_hash, state, expires_at)
    values ('old', 'cam_1', 'auth0|1', 'jo@example.test', 'a', 'accepted', now() - interval '366 days'),
      ('new', 'cam_1', 'auth0|2', 'al@example.test', 'b', 'accepted', now() - interval '364 days')`.execute(
    db,
  );
  await sql`insert into messages (id, template, recipient, invitation_id, state, created_at)
    values ('of an old one', 'x', 'jo@example.test', 'old', 'sent', now() - interval '731 days'),
      ('of a new one', 'x', 'al@example.test', 'new', 'sent', now() - interval '370 days'),
      ('old', 'x', 'jo@example.test', null, 'sent', now() - interval '31 days'),
      ('waiting', 'x', 'jo@example.test', null, 'queued', now() - interval '31 days'),
      ('new', 'x', 'jo@example.test', null, 'failed', now() - interval '29 days')`.execute(db);
  await sweepLeftovers({ db, clock: systemClock, logRetentionDays: 30 });
  const ids = async (table: string) => {
    const { rows } = await sql<{ id: string }>`select id from ${sql.table(table)}`.execute(db);
    return rows.map(({ id }) => id).sort();
  };
  expect(await ids('tickets')).toEqual(['new']);
  expect(await ids('invitations')).toEqual(['new']);
  expect(await ids('messages')).toEqual(['new', 'of a new one', 'waiting']);
});

test('a sweep deletes the epochs of deleted users once their tokens have expired, and keeps those of existing users', async () => {
  const { db } = await freshDatabase();
  await sql`insert into connections (id, name, strategy, options, created_at, updated_at)
    values ('con_1', 'store', 'auth0', '{}', now(), now()), ('con_2', 'old store', 'auth0', '{}', now(), now())`.execute(
    db,
  );
  const here = ['stays', 'gone', 'back'];
  const insert = async (localId: string, connectionId = 'con_1') => {
    const user = { localId, connectionId, email: `${localId}@example.test`, now: new Date() };
    expect((await insertUser(db, user)).kind).toBe('inserted');
  };
  for (const id of here) await insert(id);
  for (const id of ['linked', 'of-a-store']) await insert(id, 'con_2');
  for (const id of [...here, 'linked', 'of-a-store']) await endSessionsOf(db, `auth0|${id}`);
  const link = { userId: 'auth0|gone', identityId: 'auth0|linked', now: new Date() };
  await transaction(db, (tx) => linkUser(tx, link));
  for (const id of ['gone', 'back'])
    await removeUser({ db, audit: noAudit, directories: NO_DIRECTORIES }, `auth0|${id}`);
  await insert('back');
  await removeStore({ db, id: 'con_2' });
  // A pending login wrote this after the deletion.
  await sql`insert into oidc_payloads (model, id_hash, payload, account_id, expires_at)
    values ('RefreshToken', 'late', '{}'::jsonb, 'auth0|gone', now() + interval '10 years')`.execute(
    db,
  );
  const epochs = async () => {
    const { rows } = await sql<{ user_id: string }>`select user_id from login_epochs`.execute(db);
    return rows.map((row) => row.user_id.replace('auth0|', '')).sort();
  };
  const sweep = () => sweepLeftovers({ db, clock: systemClock, logRetentionDays: 30 });
  const passDays = (days: number) =>
    sql`update login_epochs set gone_at = gone_at - ${days} * interval '1 day'`.execute(db);
  await passDays(30);
  await sweep();
  expect(await epochs()).toEqual(['back', 'gone', 'linked', 'of-a-store', 'stays']);
  await passDays(2);
  await sweep();
  expect(await epochs()).toEqual(['back', 'stays']);
  expect((await sql`select 1 from oidc_payloads`.execute(db)).rows).toEqual([]);
  // A restored user can be deleted again.
  expect(
    (await sql`select 1 from login_epochs where gone_at is not null`.execute(db)).rows,
  ).toEqual([]);
});

/** Deletes a connection with its users, like the background task. */
async function removeStore({ db, id }: { db: Db; id: string }): Promise<void> {
  const deps = { db, clock: systemClock, enqueue: async () => {} };
  await removeConnection(deps, id);
  const [removal] = removeInBatchesHandlers(deps);
  await removal?.handler({ kind: 'connection', id }, new AbortController().signal);
}
