import { join } from 'node:path';
import { openDatabase } from '../src/platform/db/db.ts';
import { hashPassword } from '../src/platform/password-hash/password-hash.ts';
import { insertCampaign } from '../src/records/invitations/invitations.ts';
import type { Place } from './kit/places.ts';

const ROWS_PER_STATEMENT = 50_000;

/** Returns the secret in the link of the person with this number. The database has its SHA-256. */
export const secretOf = (number: number): string => `secret${String(number).padStart(26, '0')}`;

export const emailOf = (number: number): string => `person.${number}@example.test`;

/**
 * Adds users with a password, an invitation and an open ticket each, numbered `from` to `to` (exclusive), by SQL. No server may use the
 * place's embedded database meanwhile.
 */
export async function seed(
  place: Place,
  input: { connectionId: string; from: number; to: number },
): Promise<void> {
  const database = await openDatabase({ url: place.url, dataDir: join(place.dataDir, 'db') });
  const { db } = database;
  const { connectionId } = input;
  const campaignId = await insertCampaign(db, {
    clientId: null,
    connectionId,
    plan: { ttlSec: 604_800, markEmailVerified: true },
    now: new Date(),
  });
  const phc = await hashPassword('an-old-password');
  for (let first = input.from; first < input.to; first += ROWS_PER_STATEMENT) {
    const last = Math.min(first + ROWS_PER_STATEMENT, input.to) - 1;
    const series = `generate_series(${first}, ${last}) as i`;
    // Ids in random order, as in production, which is the hard case for an index.
    const userId = `'auth0|' || substr(md5(i::text), 1, 24)`;
    await database.execute(
      `insert into users (id, connection_id, email, email_verified, name, app_metadata)
       select ${userId}, $1, 'person.' || i || '@example.test', true, 'Person ' || i, '{"plan":"team"}'
       from ${series}`,
      [connectionId],
    );
    await database.execute(
      `insert into passwords (user_id, kind, phc) select ${userId}, 'argon2id', $1 from ${series}`,
      [phc],
    );
    await database.execute(
      `insert into invitations (id, campaign_id, user_id, email, secret_hash, expires_at, created_at)
       select 'inv_' || substr(md5('i' || i), 1, 16), $1, ${userId}, 'person.' || i || '@example.test',
         sha256(convert_to('invitation' || i, 'UTF8')), now() + interval '7 days', now() - i * interval '1 second'
       from ${series}`,
      [campaignId],
    );
    await database.execute(
      `insert into tickets (id, kind, secret_hash, user_id, email, expires_at)
       select 'tkt_' || substr(md5('t' || i), 1, 16), 'password-change',
         sha256(convert_to('secret' || lpad(i::text, 26, '0'), 'UTF8')), ${userId}, 'person.' || i || '@example.test',
         now() + interval '7 days'
       from ${series}`,
    );
  }
  await database.execute('analyze');
  await database.execute('checkpoint');
  await database.close();
}
