import type { Clock } from '../../platform/clock/clock.ts';
import { encrypt, type Keys } from '../../platform/crypto/crypto.ts';
import { type Db, transaction } from '../../platform/db/db.ts';
import { newObjectId } from '../../platform/ids/ids.ts';
import type { Enqueue } from '../../platform/tasks/tasks.ts';
import {
  findConnection,
  holdConnection,
  identifiersOf,
} from '../../records/connections/connections.ts';
import { finishSegment, takeSegment } from '../../records/segments/segments.ts';
import {
  type BulkUser,
  findCollisions,
  findLinkedEmails,
  findWrittenByImport,
  insertUsersInBulk,
  updateUsersInBulk,
} from '../../records/users/users.ts';
import { storeImportedHashes } from '../../steps/choose-password/choose-password.ts';
import type { FieldMap } from './field-map.ts';
import { inviteImported } from './invite-imported.ts';
import { packOutcomes, type RowOutcome, unpackRows } from './segment-codec.ts';
import { echoRow } from './validate-echo.ts';
import type { ImportedMfaFactor } from './validate-mfa.ts';
import type { RowError } from './validate-problems.ts';
import type { ImportedUser } from './validate-row.ts';
import { validateRow } from './validate-row.ts';

export type RunDeps = { db: Db; clock: Clock; keys: Keys; enqueue: Enqueue };

/** What an import does with its rows. */
export type ImportPlan = {
  jobId: string;
  connectionId: string;
  upsert: boolean;
  /** Validates and reports, writes nothing. */
  dryRun: boolean;
  /** What the names in rows stand for. */
  map: FieldMap | undefined;
  /** The campaign its people are invited under; null: they aren't. */
  campaignId: string | null;
};

/** A row that may go in, on its way through one segment. */
type Candidate = { outcome: RowOutcome; raw: Buffer; user: ImportedUser; record: BulkUser };

const DUPLICATE: RowError = {
  code: 'DUPLICATED_USER',
  message: 'The user already exist and upsert parameter is false',
};
const TWICE_IN_FILE: RowError = {
  code: 'DUPLICATED_USER',
  message: 'Another row of this file is about the same user; the first one counts',
};
const LINKED: RowError = {
  code: 'CONFLICT_EMAIL',
  message: 'The email belongs to an identity that is linked to another user',
};
const CONFLICT: RowError = {
  code: 'CONFLICT',
  message: 'The user_id, username or phone number belongs to another user',
};

/**
 * Takes one stored segment and brings its people in: one transaction with everything in it, so that a crash at any moment
 * leaves it either untouched or done. False: there was none to take, or the user store is gone.
 */
export function runSegment(deps: RunDeps, plan: ImportPlan): Promise<boolean> {
  return transaction(deps.db, async (tx) => {
    if (!(await holdConnection(tx, plan.connectionId))) return false;
    const connection = await findConnection(tx, plan.connectionId);
    if (connection === null) return false;
    const rules = identifiersOf(connection);
    const segment = await takeSegment(tx, plan.jobId);
    if (!segment) return false;
    const now = deps.clock.now();
    const outcomes: RowOutcome[] = [];
    const candidates: Candidate[] = [];
    const rows = await unpackRows(segment.payload, segment.firstRow);
    for (const row of rows) {
      const raw = row.kind === 'row' ? row.raw : Buffer.alloc(0);
      const checked =
        row.kind === 'row'
          ? validateRow(raw, rules, plan.map)
          : { kind: 'rejected' as const, errors: [row.error], echo: null };
      const outcome: RowOutcome = {
        row: row.number,
        status: 'failed',
        email: null,
        userId: null,
      };
      outcomes.push(outcome);
      if (checked.kind === 'rejected') {
        outcome.errors = checked.errors;
        outcome.echo = checked.echo;
        const email = checked.echo?.email;
        outcome.email = typeof email === 'string' ? email : null;
        continue;
      }
      outcome.email = checked.user.email;
      const record = toRecord(checked.user, now, deps.keys.encryption);
      candidates.push({ outcome, raw, user: checked.user, record });
    }

    const unique = refuseRepeats(candidates);
    // Rows of two imports are written in the same order, so that they wait for each other instead of locking up.
    unique.sort((a, b) => (a.record.email < b.record.email ? -1 : 1));
    if (plan.dryRun) await foresee(tx, plan, unique, now);
    else await write(deps, tx, plan, unique, now);

    for (const { outcome, user } of candidates) {
      if (user.notes && outcome.status !== 'failed') outcome.notes = user.notes;
    }
    const count = (test: (one: RowOutcome) => boolean) => outcomes.filter(test).length;
    await finishSegment(tx, {
      jobId: plan.jobId,
      number: segment.number,
      outcome: await packOutcomes(outcomes),
      counts: {
        inserted: count((one) => one.status === 'inserted'),
        updated: count((one) => one.status === 'updated'),
        failed: count((one) => one.status === 'failed'),
        invited: count((one) => one.invitation === 'invited'),
        already: count((one) => one.invitation === 'already_invited'),
      },
      now,
    });
    return true;
  });
}

function toRecord(user: ImportedUser, now: Date, key: Buffer): BulkUser {
  return {
    id: `auth0|${user.userId ?? newObjectId(now)}`,
    email: user.email,
    emailVerified: user.emailVerified,
    username: user.username,
    phoneNumber: user.phoneNumber,
    phoneVerified: user.phoneVerified,
    name: user.name,
    givenName: user.givenName,
    familyName: user.familyName,
    nickname: user.nickname,
    picture: user.picture,
    blocked: user.blocked,
    appMetadata: user.appMetadata,
    userMetadata: user.userMetadata,
    ...(user.partial && { partial: user.partial }),
    mfaFactors: user.mfaFactors?.map((factor) => sealed(factor, key)),
  };
}

/** A shared secret of an authenticator application is kept encrypted from the beginning. */
function sealed(factor: ImportedMfaFactor, key: Buffer): unknown {
  if (!('totp' in factor)) return factor;
  return { totp: { sealed: encrypt(key, factor.totp.secret).toString('base64') } };
}

/** The first row about a person counts; later ones of the same segment are refused here, of other segments by the database. */
function refuseRepeats(candidates: Candidate[]): Candidate[] {
  const seen = new Set<string>();
  return candidates.filter(({ outcome, raw, record, user }) => {
    const { email, username, phoneNumber } = record;
    const keys = [email, username, phoneNumber].flatMap((name) => name ?? []);
    if (user.userId !== undefined) keys.push(`id ${user.userId}`);
    if (keys.some((key) => seen.has(key))) {
      outcome.errors = [TWICE_IN_FILE];
      outcome.echo = echoOf(raw);
      return false;
    }
    for (const key of keys) seen.add(key);
    return true;
  });
}

async function write(
  deps: RunDeps,
  tx: Db,
  plan: ImportPlan,
  candidates: Candidate[],
  now: Date,
): Promise<void> {
  const bulk = { connectionId: plan.connectionId, jobId: plan.jobId, now };
  const inserted = await insertUsersInBulk(tx, { ...bulk, users: candidates.map((c) => c.record) });
  const left: Candidate[] = [];
  const newHashes = [];
  for (const candidate of candidates) {
    const { outcome, record, user } = candidate;
    if (!inserted.has(record.id)) {
      left.push(candidate);
      continue;
    }
    outcome.status = 'inserted';
    outcome.userId = record.id;
    if (user.password) newHashes.push({ userId: record.id, imported: user.password });
  }
  const updated = plan.upsert
    ? await updateUsersInBulk(tx, { ...bulk, users: left.map((c) => c.record) })
    : new Map<string, string>();
  const refused = left.filter((c) => !updated.has(c.record.email)).map((c) => c.record.email);
  const twice = await findWrittenByImport(tx, { ...bulk, emails: refused });
  const linked = await findLinkedEmails(tx, { ...bulk, emails: plan.upsert ? refused : [] });
  // With upsert those who are found by their e-mail were updated.
  const collisions = await findCollisions(tx, {
    ...bulk,
    users: plan.upsert ? [] : left.map((c) => c.record),
  });
  const changedHashes = [];
  for (const { outcome, raw, record, user } of left) {
    const userId = updated.get(record.email);
    if (userId === undefined) {
      const { email } = record;
      outcome.errors = [
        twice.has(email)
          ? TWICE_IN_FILE
          : linked.has(email)
            ? LINKED
            : collisions.get(email) === 'email'
              ? DUPLICATE
              : CONFLICT,
      ];
      outcome.echo = echoOf(raw);
      continue;
    }
    outcome.status = 'updated';
    outcome.userId = userId;
    if (user.password) changedHashes.push({ userId, imported: user.password });
  }
  await storeImportedHashes(tx, {
    connectionId: plan.connectionId,
    fresh: newHashes,
    changed: changedHashes,
    at: now,
  });
  if (plan.campaignId !== null) {
    const arrived = candidates.filter((c) => c.outcome.userId !== null);
    await inviteImported(deps, tx, plan.campaignId, arrived, now);
  }
}

/** What `write` would do, as far as it can be told without doing it. */
async function foresee(
  tx: Db,
  plan: ImportPlan,
  candidates: Candidate[],
  now: Date,
): Promise<void> {
  const collisions = await findCollisions(tx, {
    connectionId: plan.connectionId,
    jobId: plan.jobId,
    users: candidates.map((c) => c.record),
    now,
  });
  for (const { outcome, raw, record } of candidates) {
    const collision = collisions.get(record.email);
    if (collision === undefined) outcome.status = 'inserted';
    else if (plan.upsert && collision === 'email') outcome.status = 'updated';
    else {
      outcome.errors = [collision === 'email' ? DUPLICATE : CONFLICT];
      outcome.echo = echoOf(raw);
    }
  }
}

/** A refused row as the wire shows it, with its secrets masked. */
function echoOf(raw: Buffer): Record<string, unknown> {
  return echoRow(JSON.parse(raw.toString()));
}
