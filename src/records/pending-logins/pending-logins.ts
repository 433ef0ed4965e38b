import { sql } from 'kysely';
import { momentAfter } from '../../platform/clock/clock.ts';
import { type Db, deletionOf } from '../../platform/db/db.ts';
import { newId } from '../../platform/ids/ids.ts';
import { notedVersion, noteVersion } from '../../platform/request-context/request-context.ts';

/** What a login waits for. `passkey`: the user has shown everything, and is asked whether to add a passkey. */
type Awaited = 'factor' | 'passkey';

/** A login in a browser between its first and its second factor, or at its end. The user is not logged in yet. */
export type PendingLogin = {
  id: string;
  userId: string;
  /** Methods of the first factor (RFC 8176). */
  amr: string[];
  /** Whether the person may enroll a factor here: they have none, or have just used one. */
  enrolling: boolean;
  /** The latest code that was sent. */
  challengeId: string | null;
  /** The second factor, once it was used. */
  secondAmr: string | null;
};

const SECONDS = 15 * 60;

type Row = {
  id: string;
  user_id: string;
  amr: string[];
  enrolling: boolean;
  challenge_id: string | null;
  second_amr: string | null;
  epoch: number;
};

const COLUMNS = sql`id, user_id, amr, enrolling, challenge_id, second_amr, epoch`;

/** Begins a login, and replaces any earlier one in this browser. Returns its ID. */
export async function beginPendingLogin(
  db: Db,
  input: {
    interactionUid: string;
    userId: string;
    amr: string[];
    enrolling: boolean;
    /** Default: the second factor. */
    waitsFor?: Awaited;
    now: Date;
  },
): Promise<string> {
  const { interactionUid, userId, enrolling, waitsFor = 'factor', now } = input;
  const id = newId('pnd');
  const amr = JSON.stringify(input.amr);
  const expiresAt = momentAfter(now, SECONDS);
  await sql`
    insert into pending_logins (id, interaction_uid, user_id, amr, enrolling, waits_for, created_at, expires_at, epoch)
    values (${id}, ${interactionUid}, ${userId}, ${amr}::jsonb, ${enrolling}, ${waitsFor}, ${now}, ${expiresAt},
      coalesce(${notedVersion(userId)}::integer, login_epoch(${userId})))
    on conflict (interaction_uid) do update set id = excluded.id, user_id = excluded.user_id, amr = excluded.amr,
      enrolling = excluded.enrolling, waits_for = excluded.waits_for, challenge_id = null, second_amr = null, proved_at = null, finished_at = null,
      created_at = excluded.created_at, expires_at = excluded.expires_at, epoch = excluded.epoch`.execute(
    db,
  );
  return id;
}

/** Returns the waiting user of this login, or `null` if there is none, it has expired, or the person's sessions were ended since. */
export async function findPendingLogin(
  db: Db,
  input: { interactionUid: string; waitsFor?: Awaited; now: Date },
): Promise<PendingLogin | null> {
  const { interactionUid, waitsFor = 'factor', now } = input;
  const { rows } = await sql<Row>`
    select ${COLUMNS} from pending_logins
    where interaction_uid = ${interactionUid} and waits_for = ${waitsFor} and ${isOpen(now)}`.execute(
    db,
  );
  return rows[0] ? fromRow(rows[0]) : null;
}

/** Records the code that was sent to the waiting user. */
export async function notePendingChallenge(
  db: Db,
  input: { id: string; challengeId: string },
): Promise<void> {
  await sql`update pending_logins set challenge_id = ${input.challengeId}
    where id = ${input.id} and finished_at is null`.execute(db);
}

/** Records that the second factor was used. Returns false if another user has begun a login in this browser, or the login has ended. */
export async function provePendingLogin(
  db: Db,
  input: { id: string; secondAmr: string; now: Date },
): Promise<boolean> {
  const { rows } = await sql`
    update pending_logins set second_amr = ${input.secondAmr}, proved_at = ${input.now}
    where id = ${input.id} and waits_for = 'factor' and ${isOpen(input.now)} returning id`.execute(
    db,
  );
  return rows.length > 0;
}

/** Completes a login after the second factor. One caller gets it, the others get `null`. */
export async function finishPendingLogin(
  db: Db,
  input: { id: string; now: Date },
): Promise<PendingLogin | null> {
  const { rows } = await sql<Row>`
    update pending_logins set finished_at = ${input.now}
    where id = ${input.id} and second_amr is not null and ${isOpen(input.now)}
    returning ${COLUMNS}`.execute(db);
  return rows[0] ? fromRow(rows[0]) : null;
}

/** Ends the waiting for an answer to the offer of a passkey. One caller gets the login, the others get `null`. */
export async function finishPasskeyOffer(
  db: Db,
  input: { id: string; now: Date },
): Promise<PendingLogin | null> {
  const { rows } = await sql<Row>`
    update pending_logins set finished_at = ${input.now}
    where id = ${input.id} and waits_for = 'passkey' and ${isOpen(input.now)}
    returning ${COLUMNS}`.execute(db);
  return rows[0] ? fromRow(rows[0]) : null;
}

function isOpen(now: Date) {
  return sql`finished_at is null and expires_at > ${now} and epoch = login_epoch(user_id)`;
}

/** Deletes up to `limit` logins that have ended. Returns how many it deleted. */
export const deleteEndedPendingLogins = deletionOf('pending_logins', {
  key: ['id'],
  ended: 'expires_at',
});

/** Makes this person's remembered browsers ask for the second factor again. */
export async function forgetBrowsers(db: Db, input: { userId: string; now: Date }): Promise<void> {
  await sql`insert into forgotten_browsers (user_id, since) values (${input.userId}, ${input.now})
    on conflict (user_id) do update set since = excluded.since`.execute(db);
}

/** Returns since when remembered browsers of this person are valid, or `null` for all. */
export async function browsersForgottenAt(db: Db, userId: string): Promise<Date | null> {
  const { rows } = await sql<{
    since: Date;
  }>`select since from forgotten_browsers where user_id = ${userId}`.execute(db);
  return rows[0]?.since ?? null;
}

function fromRow(row: Row): PendingLogin {
  noteVersion(row.user_id, row.epoch);
  return {
    id: row.id,
    userId: row.user_id,
    amr: row.amr,
    enrolling: row.enrolling,
    challengeId: row.challenge_id,
    secondAmr: row.second_amr,
  };
}
