import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { sweepLeftovers } from '../../src/flows/sweep-leftovers/sweep-leftovers.ts';
import { systemClock } from '../../src/platform/clock/clock.ts';
import { freshDatabase } from '../harness/harness.ts';

test('one sweep removes all that has run out, however much a busy time has left', async () => {
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

test('links, mails and invitations that ended long ago go, and others stay', async () => {
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
