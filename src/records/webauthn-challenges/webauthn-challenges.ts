import { randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import { momentAfter } from '../../platform/clock/clock.ts';
import { sha256 } from '../../platform/crypto/crypto.ts';
import { type Db, deletionOf } from '../../platform/db/db.ts';

type Ceremony = 'registration' | 'authentication';
type Kind = 'passkey' | 'webauthn-roaming' | 'webauthn-platform';

/** A challenge that an authenticator signs once (Web Authentication Level 3, 13.4.3). */
export type WebAuthnChallenge = {
  ceremony: Ceremony;
  kind: Kind;
  /** The domain of the credential. */
  relyingParty: string;
  /** `null` at a login and at a sign-up, where nobody is known yet. */
  userId: string | null;
  /** Base64url; `null` at a login. */
  userHandle: string | null;
  /** Whether the authenticator must verify the user, with a PIN or a fingerprint. */
  needsVerification: boolean;
};

export const WEBAUTHN_CHALLENGE_SECONDS = 300;
const CHALLENGE_BYTES = 32;

/**
 * Creates a challenge. It replaces an earlier one of the same ceremony.
 * @param input.boundTo names the browser and the login, or the link, that may answer
 * @returns 32 random bytes; only their hash is stored
 */
export async function newWebAuthnChallenge(
  db: Db,
  input: WebAuthnChallenge & { boundTo: string; now: Date },
): Promise<Buffer> {
  const challenge = randomBytes(CHALLENGE_BYTES);
  const expiresAt = momentAfter(input.now, WEBAUTHN_CHALLENGE_SECONDS);
  await sql`
    insert into webauthn_challenges (bound_to, ceremony, kind, hash, relying_party, user_id, user_handle, needs_verification,
      created_at, expires_at)
    values (${sha256(input.boundTo)}, ${input.ceremony}, ${input.kind}, ${sha256(challenge)}, ${input.relyingParty}, ${input.userId},
      ${input.userHandle}, ${input.needsVerification}, ${input.now}, ${expiresAt})
    on conflict (bound_to, ceremony, kind) do update set hash = excluded.hash, relying_party = excluded.relying_party,
      user_id = excluded.user_id, user_handle = excluded.user_handle, needs_verification = excluded.needs_verification,
      created_at = excluded.created_at, expires_at = excluded.expires_at`.execute(db);
  return challenge;
}

/** Uses up a challenge: of many answers at once exactly one gets it. Returns `null` if it is unknown, used, expired or of another browser. */
export async function takeWebAuthnChallenge(
  db: Db,
  input: {
    challenge: Buffer;
    ceremony: Ceremony;
    kind: Kind;
    boundTo: string;
    now: Date;
  },
): Promise<WebAuthnChallenge | null> {
  const { rows } = await sql<Row>`
    delete from webauthn_challenges
    where hash = ${sha256(input.challenge)} and ceremony = ${input.ceremony} and kind = ${input.kind}
      and bound_to = ${sha256(input.boundTo)} and expires_at > ${input.now}
    returning ceremony, kind, relying_party, user_id, user_handle, needs_verification`.execute(db);
  const [row] = rows;
  return row === undefined
    ? null
    : {
        ceremony: row.ceremony,
        kind: row.kind,
        relyingParty: row.relying_party,
        userId: row.user_id,
        userHandle: row.user_handle,
        needsVerification: row.needs_verification,
      };
}

type Row = {
  ceremony: Ceremony;
  kind: Kind;
  relying_party: string;
  user_id: string | null;
  user_handle: string | null;
  needs_verification: boolean;
};

/** Deletes up to `limit` expired challenges. Returns how many it deleted. */
export const deleteEndedWebAuthnChallenges = deletionOf('webauthn_challenges', {
  key: ['bound_to', 'ceremony', 'kind'],
  ended: 'expires_at',
});
