import { sql } from 'kysely';
import { momentAfter } from '../../platform/clock/clock.ts';
import { sha256 } from '../../platform/crypto/crypto.ts';
import { type Db, deletionOf } from '../../platform/db/db.ts';

/** Time in seconds from the acceptance to the last ID token with its data. */
export const ACCEPTING_LOGIN_SECONDS = 600;

/** The invitation that a login has accepted, and its data. */
export type AcceptedData = { id: string; data: Record<string, unknown> };

/**
 * Records which login accepts an invitation that carries data. Run it in the transaction of the acceptance.
 * @param input.by the session of the login, or the handoff with which it will begin
 */
export async function noteAcceptingLogin(
  tx: Db,
  input: {
    invitationId: string;
    userId: string;
    clientId: string | null;
    by: { session: string } | { handoff: string };
    at: Date;
  },
): Promise<void> {
  const { invitationId, userId, clientId, by, at } = input;
  const session = 'session' in by ? sha256(by.session) : null;
  const handoff = 'handoff' in by ? sha256(by.handoff) : null;
  await sql`insert into accepting_logins (invitation_id, user_id, client_id, handoff_hash, session_hash, expires_at)
    values (${invitationId}, ${userId}, ${clientId}, ${handoff}, ${session}, ${momentAfter(at, ACCEPTING_LOGIN_SECONDS)})`.execute(
    tx,
  );
}

/** Returns whether a login with this handoff accepts an invitation that carries data. */
export async function isAcceptingHandoff(
  db: Db,
  { handoff, now }: { handoff: string; now: Date },
): Promise<boolean> {
  const { rows } = await sql`select 1 from accepting_logins
    where handoff_hash = ${sha256(handoff)} and expires_at > ${now}`.execute(db);
  return rows.length > 0;
}

/** Binds an acceptance to the session of the login that its handoff began. Works once. Returns false if there is nothing to bind. */
export async function bindAcceptingLogin(
  db: Db,
  input: { handoff: string; userId: string; clientId: string; session: string; now: Date },
): Promise<boolean> {
  const { handoff, userId, clientId, session, now } = input;
  const { numAffectedRows = 0n } = await sql`
    update accepting_logins set session_hash = ${sha256(session)}, handoff_hash = null, client_id = ${clientId}
    where handoff_hash = ${sha256(handoff)} and user_id = ${userId} and (client_id is null or client_id = ${clientId})
      and expires_at > ${now}`.execute(db);
  return numAffectedRows > 0n;
}

/** Returns the data of the invitation that this login has accepted at this application, or `null`. */
export async function acceptedDataOf(
  db: Db,
  login: { session: string; userId: string; clientId: string; now: Date },
): Promise<AcceptedData | null> {
  const { rows } = await sql<{ id: string; data: Record<string, unknown> }>`
    select i.id, coalesce(i.data->'data', c.plan->'data') as data
    from accepting_logins l join invitations i on i.id = l.invitation_id join campaigns c on c.id = i.campaign_id
    where l.session_hash = ${sha256(login.session)} and l.user_id = ${login.userId} and l.client_id = ${login.clientId}
      and l.expires_at > ${login.now}
    order by i.accepted_at desc, i.id limit 1`.execute(db);
  return rows[0] ?? null;
}

/** Deletes up to `limit` of these records that are over. Returns how many it deleted. */
export const deleteOldAcceptingLogins = deletionOf('accepting_logins', {
  key: ['invitation_id'],
  ended: 'expires_at',
});
