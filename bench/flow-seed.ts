import { join } from 'node:path';
import { deriveKeys, linkSecret, sha256 } from '../src/platform/crypto/crypto.ts';
import { openDatabase } from '../src/platform/db/db.ts';
import type { CampaignPlan } from '../src/records/invitations/invitations.ts';
import type { Place } from './kit/places.ts';
import { SECRET, startServer } from './kit/server.ts';

/** A person with a pending invitation. */
export type Invited = { number: number; secret: string };

const PLAN: CampaignPlan = {
  ttlSec: 604_800,
  markEmailVerified: true,
  appMetadata: { plan: 'team' },
  profileSchema: {
    type: 'object',
    properties: { given_name: { type: 'string' }, family_name: { type: 'string' } },
    required: ['given_name', 'family_name'],
  },
};
const BATCH = 10_000;

/**
 * Fills an empty database with an application and invitations to it, each with the mail that was sent.
 * @param counts.accepted invitations that the benchmark accepts, with their links
 * @param counts.pending more that nobody accepts
 */
export async function prepareInvitations(
  place: Place,
  counts: { accepted: number; pending: number },
): Promise<{ clientId: string; invited: Invited[] }> {
  const server = await startServer(place);
  const [connection] = await server.api<{ id: string }[]>('GET', '/api/v2/connections');
  const connectionId = connection?.id ?? '';
  const { client_id: clientId } = await server.api<{ client_id: string }>(
    'POST',
    '/api/v2/clients',
    { name: 'Bench', app_type: 'spa', oidc_conformant: true },
  );
  await server.api('PATCH', `/api/v2/connections/${connectionId}/clients`, [
    { client_id: clientId, status: true },
  ]);
  await server.stop();
  const { ticket } = deriveKeys(SECRET);
  const database = await openDatabase({ url: place.url, dataDir: join(place.dataDir, 'db') });
  await database.execute(
    'insert into campaigns (id, client_id, connection_id, plan, created_at) values ($1, $2, $3, $4, now())',
    ['cmp_bench', clientId, connectionId, JSON.stringify(PLAN)],
  );
  const insert = async (prefix: string, from: number, to: number, hashes: string[] | null) => {
    await database.execute(
      `insert into users (id, connection_id, email, email_verified, name)
       select 'auth0|' || $1 || i, $2, $1 || '.' || i || '@example.test', false, 'Person ' || i
       from generate_series($3::integer, $4::integer) as i`,
      [prefix, connectionId, from, to - 1],
    );
    await database.execute(
      `insert into invitations (id, campaign_id, user_id, email, client_key, secret_hash, expires_at, created_at)
       select 'uinv_' || $1 || i, 'cmp_bench', 'auth0|' || $1 || i, $1 || '.' || i || '@example.test', $2,
         coalesce(decode(($5::text[])[i - $3::integer + 1], 'hex'), sha256(('nobody' || i)::bytea)), now() + interval '7 days', now()
       from generate_series($3::integer, $4::integer) as i`,
      [prefix, clientId, from, to - 1, hashes],
    );
    await database.execute(
      `insert into messages (id, template, recipient, user_id, invitation_id, campaign_id, state, due_at, created_at, sent_at)
       select 'msg_' || $1 || i, 'user_invitation', $1 || '.' || i || '@example.test', 'auth0|' || $1 || i, 'uinv_' || $1 || i,
         'cmp_bench', 'sent', now(), now(), now()
       from generate_series($2::integer, $3::integer) as i`,
      [prefix, from, to - 1],
    );
  };
  const invited: Invited[] = Array.from({ length: counts.accepted }, (_, number) => ({
    number,
    secret: linkSecret(ticket, `uinv_own${number}`, 0),
  }));
  for (let from = 0; from < counts.accepted; from += BATCH) {
    const part = invited.slice(from, from + BATCH);
    const hashes = part.map(({ secret }) => sha256(secret).toString('hex'));
    await insert('own', from, from + part.length, hashes);
  }
  for (let from = 0; from < counts.pending; from += BATCH) {
    await insert('more', from, Math.min(from + BATCH, counts.pending), null);
  }
  // Otherwise the database does it by itself, while the benchmark measures.
  await database.execute('vacuum analyze');
  await database.close();
  return { clientId, invited };
}
