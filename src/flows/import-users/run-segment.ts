import { encrypt } from '../../platform/crypto/crypto.ts';
import type { Db } from '../../platform/db/db.ts';
import { newObjectId } from '../../platform/ids/ids.ts';
import { findConnection, identifiersOf } from '../../records/connections/connections.ts';
import type { Segment } from '../../records/segments/segments.ts';
import type { BulkUser } from '../../records/users/users.ts';
import type { SegmentDone } from '../../steps/run-segments/run-segments.ts';
import type { Candidate } from './candidate.ts';
import { type RowOutcome, unpackRows } from './segment-codec.ts';
import {
  type ImportedMfaFactor,
  type ImportedUser,
  validateRow,
} from './validate-row/validate-row.ts';
import {
  type ImportPlan,
  previewRows,
  type RunDeps,
  refuseElsewhere,
  refuseRepeats,
  writeRows,
} from './write-rows.ts';

/** Imports the rows of one segment, in the transaction that marks it as done. */
export async function runSegment(
  deps: RunDeps,
  tx: Db,
  { plan, segment, now }: { plan: ImportPlan; segment: Segment; now: Date },
): Promise<SegmentDone> {
  const connection = await findConnection(tx, plan.connectionId);
  if (connection === null) throw new Error(`The connection ${plan.connectionId} does not exist.`);
  const rules = identifiersOf(connection);
  const outcomes: RowOutcome[] = [];
  const candidates: Candidate[] = [];
  for (const row of await unpackRows(segment.payload, segment.firstRow)) {
    const raw = row.kind === 'row' ? row.raw : Buffer.alloc(0);
    const checked =
      row.kind === 'row'
        ? validateRow(raw, rules, plan)
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
    outcome.email = checked.user.email ?? null;
    const record = toRecord(checked.user, now, deps.keys.encryption);
    const isBlocked = record.blocked === true;
    candidates.push({ outcome, raw, user: checked.user, record, isBlocked });
  }

  const unique = await refuseElsewhere(tx, refuseRepeats(candidates));
  // Two imports write their rows in the same order, so that they wait for each other instead of causing a deadlock.
  unique.sort((a, b) => ((a.record.email ?? '') < (b.record.email ?? '') ? -1 : 1));
  let afterCommit = () => {};
  if (plan.dryRun) await previewRows(tx, plan, unique, now);
  else afterCommit = await writeRows(deps, tx, plan, unique, now);

  for (const { outcome, user } of candidates) {
    if (user.notes && outcome.status !== 'failed') outcome.notes = user.notes;
  }
  return { outcomes, afterCommit };
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

/** Encrypts the shared secret of an authenticator application before it is stored. */
function sealed(factor: ImportedMfaFactor, key: Buffer): unknown {
  if (!('totp' in factor)) return factor;
  return { totp: { sealed: encrypt(key, factor.totp.secret).toString('base64') } };
}
