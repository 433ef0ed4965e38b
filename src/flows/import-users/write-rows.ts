import type { Clock } from '../../platform/clock/clock.ts';
import type { Keys } from '../../platform/crypto/crypto.ts';
import type { Db } from '../../platform/db/db.ts';
import type { Enqueue } from '../../platform/tasks/tasks.ts';
import type { Audit } from '../../records/logs/logs.ts';
import { awaitPasswords } from '../../records/passwords/passwords.ts';
import type { RowError } from '../../records/segments/segments.ts';
import {
  type BulkUser,
  findCollisions,
  findKnownUsers,
  findUsers,
  insertUsersInBulk,
  isChanged,
  type KnownUser,
  type NewBulkUser,
  updateUsersInBulk,
} from '../../records/users/users.ts';
import { storeImportedHashes } from '../../steps/choose-password/choose-password.ts';
import type { Candidate } from './candidate.ts';
import { inviteImported } from './invite-imported.ts';
import { type MigratedPolicy, settleMigrated } from './settle-migrated.ts';
import { echoRow, type FieldMap } from './validate-row/validate-row.ts';

export type RunDeps = { db: Db; clock: Clock; keys: Keys; enqueue: Enqueue; audit: Audit };

/** The options of an import for its rows. */
export type ImportPlan = {
  jobId: string;
  connectionId: string;
  upsert: boolean;
  /** Validates and reports, and writes nothing. */
  dryRun: boolean;
  /** The fields that the names in rows stand for. */
  map: FieldMap | undefined;
  /** Whether the import invites its users. */
  invites: boolean;
  /** What happens to users whom a login has migrated before. `null`: they are like all existing users. */
  migratedUsers: MigratedPolicy | null;
  /** Users without a password choose one at their first visit, by a link in a mail. */
  asksForPasswords: boolean;
};

type NewCandidate = Candidate & { record: NewBulkUser };

const DUPLICATE: RowError = {
  code: 'DUPLICATED_USER',
  message: 'The user already exist and upsert parameter is false',
};
const TWICE_IN_FILE: RowError = {
  code: 'DUPLICATED_USER',
  message:
    'Another row of this file is about the same user. The first one counts. Remove the others',
};
const LINKED: RowError = {
  code: 'CONFLICT_EMAIL',
  message: 'The email belongs to an identity that is linked to another user',
};
const CONFLICT: RowError = {
  code: 'CONFLICT',
  message: 'The user_id, username or phone number belongs to another user',
};
const ELSEWHERE: RowError = {
  code: 'CONFLICT',
  path: 'user_id',
  message:
    'The user_id belongs to a user of another connection. Export and import one connection at a time',
};
const NOBODY: RowError = {
  code: 'OBJECT_REQUIRED',
  path: 'email',
  message: 'Missing required property: email. The connection has no user with this user_id',
};

/** Refuses repeated rows about one user within a segment, except the first. The database refuses those of other segments. */
export function refuseRepeats(candidates: Candidate[]): Candidate[] {
  const seen = new Set<string>();
  return candidates.filter((candidate) => {
    const { email, username, phoneNumber } = candidate.record;
    const keys = [email, username, phoneNumber].flatMap((name) => name ?? []);
    if (candidate.user.userId !== undefined) keys.push(`id ${candidate.user.userId}`);
    if (keys.some((key) => seen.has(key))) {
      refuse(candidate, [TWICE_IN_FILE]);
      return false;
    }
    for (const key of keys) seen.add(key);
    return true;
  });
}

/** Refuses users of another connection. An export of all connections would otherwise give them a second account. */
export async function refuseElsewhere(tx: Db, candidates: Candidate[]): Promise<Candidate[]> {
  const ids = candidates.flatMap(({ user }) => user.foreignId ?? []);
  if (ids.length === 0) return candidates;
  const there = new Set((await findUsers(tx, ids)).map((user) => user.id));
  return candidates.filter((candidate) => {
    const { foreignId } = candidate.user;
    if (foreignId === undefined || !there.has(foreignId)) return true;
    refuse(candidate, [ELSEWHERE]);
    return false;
  });
}

/** Creates the users and, with upsert, updates the existing ones, in one transaction. Returns what to do after the commit. */
export async function writeRows(
  deps: RunDeps,
  tx: Db,
  plan: ImportPlan,
  candidates: Candidate[],
  now: Date,
): Promise<() => void> {
  const bulk = { connectionId: plan.connectionId, jobId: plan.jobId, now };
  const isKnown = await lookUp(tx, plan, candidates);
  const fresh = candidates.filter((candidate) => !isKnown.has(candidate.record)).filter(mayBeNew);
  const inserted = await insertUsersInBulk(tx, { ...bulk, users: fresh.map((c) => c.record) });
  const newHashes = [];
  for (const { outcome, record, user } of fresh) {
    if (!inserted.has(record.id)) continue;
    outcome.status = 'inserted';
    outcome.userId = record.id;
    if (user.password) newHashes.push({ userId: record.id, imported: user.password });
  }
  const lateComers = fresh.filter((newCandidate) => !inserted.has(newCandidate.record.id));
  const known = candidates.filter((candidate) => isKnown.has(candidate.record));
  const settled = await settleMigrated(tx, plan, [...known, ...lateComers]);
  const updates = plan.upsert ? [...settled.rest, ...settled.toWrite] : settled.toWrite;
  const changedHashes = [];
  const written = await updateUsersInBulk(tx, { ...bulk, users: updates.map((c) => c.record) });
  for (const candidate of updates) {
    recordOutcome(candidate, written.get(candidate.record));
    const { userId } = candidate.outcome;
    if (userId !== null && candidate.user.password) {
      changedHashes.push({ userId, imported: candidate.user.password });
    }
  }
  if (!plan.upsert) {
    const isLeft = new Set(settled.rest);
    const refused = lateComers.filter((candidate) => isLeft.has(candidate));
    await refuseKnown(tx, plan, refused, now);
  }
  await storeImportedHashes(tx, {
    connectionId: plan.connectionId,
    fresh: newHashes,
    changed: changedHashes,
    at: now,
  });
  if (plan.asksForPasswords) {
    const userIds = candidates.flatMap(({ outcome }) => outcome.userId ?? []);
    await awaitPasswords(tx, { connectionId: plan.connectionId, userIds });
  }
  if (!plan.invites) return () => {};
  const skipped = new Set(settled.skipped);
  const arrived = candidates.filter((c) => c.outcome.userId !== null && !skipped.has(c));
  return inviteImported(deps, tx, plan.jobId, arrived, now);
}

/** Predicts the result of {@link writeRows}, as far as that is possible without writing. */
export async function previewRows(
  tx: Db,
  plan: ImportPlan,
  candidates: Candidate[],
  now: Date,
): Promise<void> {
  const { rest, toWrite } = await settleMigrated(tx, plan, candidates);
  const written = await findKnownUsers(tx, {
    ...plan,
    users: toWrite.map((c) => c.record),
    lock: false,
  });
  for (const candidate of toWrite) recordOutcome(candidate, written.get(candidate.record));
  const known = await lookUp(tx, plan, rest);
  const fresh: NewCandidate[] = [];
  for (const candidate of rest) {
    if (known.has(candidate.record)) recordOutcome(candidate, known.get(candidate.record));
    else if (mayBeNew(candidate)) fresh.push(candidate);
  }
  await refuseKnown(tx, plan, fresh, now);
  for (const { outcome } of fresh) if (!outcome.errors) outcome.status = 'inserted';
  for (const { outcome } of candidates) outcome.userId = null;
}

/** Finds the candidates that exist. Only an upsert needs this. */
async function lookUp(
  tx: Db,
  plan: ImportPlan,
  candidates: Candidate[],
): Promise<Map<BulkUser, KnownUser>> {
  if (!plan.upsert) return new Map();
  const { connectionId, jobId } = plan;
  const users = candidates.map((candidate) => candidate.record);
  return findKnownUsers(tx, { connectionId, jobId, users, lock: false });
}

/**
 * Returns whether the row may create a user, who needs an email address and must follow the connection's rules. An existing user may be
 * older than the rules.
 */
function mayBeNew(candidate: Candidate): candidate is NewCandidate {
  const { record, user } = candidate;
  const errors = [...(record.email === undefined ? [NOBODY] : []), ...(user.ruleProblems ?? [])];
  if (errors.length === 0) return true;
  refuse(candidate, errors);
  return false;
}

function recordOutcome(candidate: Candidate, known: KnownUser | undefined): void {
  if (known?.kind !== 'known') {
    const reasons = { written: TWICE_IN_FILE, linked: LINKED, other: CONFLICT };
    refuse(candidate, [reasons[known?.kind ?? 'other']]);
    return;
  }
  const { outcome, user } = candidate;
  outcome.status = 'updated';
  outcome.userId = known.id;
  outcome.email = known.email;
  // An update leaves the block of a user as it is, whatever the row says.
  candidate.isBlocked = known.isBlocked;
  if (!isChanged(known.changes) && !user.password) outcome.isUnchanged = true;
}

/** Refuses candidates that exist, or whose name or id belongs to another user. */
async function refuseKnown(
  tx: Db,
  plan: ImportPlan,
  candidates: NewCandidate[],
  now: Date,
): Promise<void> {
  if (candidates.length === 0) return;
  const { connectionId, jobId } = plan;
  const users = candidates.map((candidate) => candidate.record);
  const collisions = await findCollisions(tx, { connectionId, jobId, users, now });
  const known = await findKnownUsers(tx, { connectionId, jobId, users, lock: false });
  for (const candidate of candidates) {
    const collision = collisions.get(candidate.record.email);
    const isTwice = known.get(candidate.record)?.kind === 'written';
    if (isTwice) refuse(candidate, [TWICE_IN_FILE]);
    else if (collision === 'email') refuse(candidate, [DUPLICATE]);
    else if (collision === 'other' || !plan.dryRun) refuse(candidate, [CONFLICT]);
  }
}

function refuse({ outcome, raw }: Candidate, errors: RowError[]): void {
  outcome.errors = errors;
  // In the form of the wire, with its secrets masked.
  outcome.echo = echoRow(JSON.parse(raw.toString()));
}
