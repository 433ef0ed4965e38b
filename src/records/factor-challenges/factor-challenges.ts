import { sql } from 'kysely';
import { momentAfter } from '../../platform/clock/clock.ts';
import { hmacSha256, sameBytes, sha256 } from '../../platform/crypto/crypto.ts';
import { type Db, deletionOf } from '../../platform/db/db.ts';
import { newId, randomAlnum } from '../../platform/ids/ids.ts';

export type Channel = 'sms' | 'voice' | 'email';

/** A code sent to a phone or an email address. */
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

/** Returns the code of a challenge. It is derived, so the outbox can mail it although it is never stored. */
export function codeOf(key: Buffer, challengeId: string): string {
  const mac = hmacSha256(key, `second factor ${challengeId}`);
  const number = BigInt(`0x${mac.toString('hex')}`) % 10n ** BigInt(DIGITS);
  return number.toString().padStart(DIGITS, '0');
}

/**
 * Creates a challenge.
 * @returns the challenge, and a secret that identifies it for the requester
 */
export async function newChallenge(
  db: Db,
  input: { userId: string; methodId: string; channel: Channel; now: Date },
): Promise<{ id: string; secret: string; expiresAt: Date }> {
  const { now } = input;
  const id = newId('fch');
  const secret = randomAlnum(43);
  const expiresAt = momentAfter(now, CHALLENGE_SECONDS);
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

/** Identifies a challenge: by its id, or by the requester's secret. */
export type ChallengeKey = { id: string } | { secret: string };

/**
 * Tries a code. The attempt is counted before the comparison, so that parallel attempts get no extra tries. A matching code is used up.
 * @param input.of the person to whom it must belong
 * @returns `over`: unknown, another person's, expired, used, or tried too often
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

/** Returns the challenge if it is open and belongs to this person. Changes nothing. */
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

/** Deletes up to `limit` challenges that have ended. Returns how many it deleted. */
export const deleteEndedChallenges = deletionOf('factor_challenges', {
  key: ['id'],
  ended: 'expires_at',
});

function fromRow(row: Row): FactorChallenge {
  return {
    id: row.id,
    userId: row.user_id,
    methodId: row.method_id,
    channel: row.channel,
    expiresAt: row.expires_at,
  };
}
