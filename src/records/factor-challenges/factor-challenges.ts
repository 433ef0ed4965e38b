import { sql } from 'kysely';
import { hmacSha256, sameBytes, sha256 } from '../../platform/crypto/crypto.ts';
import { type Db, deleteOver } from '../../platform/db/db.ts';
import { newId, randomAlnum } from '../../platform/ids/ids.ts';

export type Channel = 'sms' | 'voice' | 'email';

/** A code that was sent to a phone or an address. */
export type FactorChallenge = {
  id: string;
  userId: string;
  methodId: string;
  channel: Channel;
  expiresAt: Date;
};

export const CHALLENGE_SECONDS = 300;
const MOST_ATTEMPTS = 5;
const DIGITS = 6;

/** The code of a challenge: derived, so that it can be mailed from the outbox without being stored anywhere. */
export function codeOf(key: Buffer, challengeId: string): string {
  const mac = hmacSha256(key, `second factor ${challengeId}`);
  const number = BigInt(`0x${mac.toString('hex')}`) % 10n ** BigInt(DIGITS);
  return number.toString().padStart(DIGITS, '0');
}

/** @returns the challenge, and a secret that names it to whoever asked for it */
export async function newChallenge(
  db: Db,
  input: { userId: string; methodId: string; channel: Channel; now: Date },
): Promise<{ id: string; secret: string; expiresAt: Date }> {
  const { now } = input;
  const id = newId('fch');
  const secret = randomAlnum(43);
  const expiresAt = new Date(now.getTime() + CHALLENGE_SECONDS * 1000);
  await sql`
    insert into factor_challenges (id, secret_hash, user_id, method_id, channel, created_at, expires_at)
    values (${id}, ${sha256(secret)}, ${input.userId}, ${input.methodId}, ${input.channel}, ${now}, ${expiresAt})`.execute(
    db,
  );
  return { id, secret, expiresAt };
}

type Row = {
  id: string;
  user_id: string;
  method_id: string;
  channel: Channel;
  expires_at: Date;
};

/** Names a challenge: by its id, or by the secret that went to whoever asked for it. */
export type ChallengeKey = { id: string } | { secret: string };

/**
 * Tries a code. The try is counted before it is compared, so that many at once get no more of them; a code that fits is used up.
 * @param input.of it must be this person's
 * @returns `over`: unknown, another's, expired, used, or tried too often
 */
export async function tryChallenge(
  db: Db,
  input: { key: Buffer; userId: string; of: ChallengeKey; code: string; now: Date },
): Promise<{ kind: 'ok'; challenge: FactorChallenge } | { kind: 'wrong' } | { kind: 'over' }> {
  const { rows } = await sql<Row>`
    update factor_challenges set attempts = attempts + 1 where ${isOpen(input)}
    returning id, user_id, method_id, channel, expires_at`.execute(db);
  const challenge = rows[0] && fromRow(rows[0]);
  if (!challenge) return { kind: 'over' };
  const expected = codeOf(input.key, challenge.id);
  if (!sameBytes(Buffer.from(expected), Buffer.from(input.code))) return { kind: 'wrong' };
  const used = await sql`
    update factor_challenges set used_at = ${input.now}
    where id = ${challenge.id} and used_at is null returning id`.execute(db);
  return used.rows.length === 0 ? { kind: 'over' } : { kind: 'ok', challenge };
}

/** The challenge while it is open and this person's. Changes nothing. */
export async function findOpenChallenge(
  db: Db,
  input: { userId: string; of: ChallengeKey; now: Date },
): Promise<FactorChallenge | null> {
  const { rows } = await sql<Row>`
    select id, user_id, method_id, channel, expires_at from factor_challenges
    where ${isOpen(input)}`.execute(db);
  return rows[0] ? fromRow(rows[0]) : null;
}

function isOpen(input: { userId: string; of: ChallengeKey; now: Date }) {
  const named =
    'id' in input.of ? sql`id = ${input.of.id}` : sql`secret_hash = ${sha256(input.of.secret)}`;
  return sql`${named} and user_id = ${input.userId} and used_at is null and expires_at > ${input.now}
    and attempts < ${sql.lit(MOST_ATTEMPTS)}`;
}

/** Forgets challenges that are over, at most `limit` at once. Returns how many went. */
export function deleteEndedChallenges(
  db: Db,
  { now, limit }: { now: Date; limit: number },
): Promise<number> {
  return deleteOver(db, 'factor_challenges', {
    key: ['id'],
    ended: 'expires_at',
    before: now,
    limit,
  });
}

function fromRow(row: Row): FactorChallenge {
  return {
    id: row.id,
    userId: row.user_id,
    methodId: row.method_id,
    channel: row.channel,
    expiresAt: row.expires_at,
  };
}
