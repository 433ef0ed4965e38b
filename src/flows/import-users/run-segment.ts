import { encrypt } from '../../platform/crypto/crypto.ts';
import { transaction } from '../../platform/db/db.ts';
import { newObjectId } from '../../platform/ids/ids.ts';
import {
  findConnection,
  holdConnection,
  identifiersOf,
} from '../../records/connections/connections.ts';
import { finishSegment, takeSegment } from '../../records/segments/segments.ts';
import type { BulkUser } from '../../records/users/users.ts';
import { packOutcomes, type RowOutcome, unpackRows } from './segment-codec.ts';
import {
  type ImportedMfaFactor,
  type ImportedUser,
  validateRow,
} from './validate-row/validate-row.ts';
import {
  type Candidate,
  type ImportPlan,
  previewRows,
  type RunDeps,
  refuseElsewhere,
  refuseRepeats,
  writeRows,
} from './write-rows.ts';

/**
 * Processes one stored segment in one transaction, so that a crash at any moment leaves it either untouched or done. Returns `false` if no
 * segment was free, or the connection was deleted.
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
      candidates.push({ outcome, raw, user: checked.user, record });
    }

    const unique = await refuseElsewhere(tx, refuseRepeats(candidates));
    // Two imports write their rows in the same order, so that they wait for each other instead of causing a deadlock.
    unique.sort((a, b) => ((a.record.email ?? '') < (b.record.email ?? '') ? -1 : 1));
    if (plan.dryRun) await previewRows(tx, plan, unique, now);
    else await writeRows(deps, tx, plan, unique, now);

    for (const { outcome, user } of candidates) {
      if (user.notes && outcome.status !== 'failed') outcome.notes = user.notes;
    }
    const count = (test: (rowOutcome: RowOutcome) => boolean) => outcomes.filter(test).length;
    await finishSegment(tx, {
      jobId: plan.jobId,
      number: segment.number,
      outcome: await packOutcomes(outcomes),
      counts: {
        inserted: count((rowOutcome) => rowOutcome.status === 'inserted'),
        updated: count((rowOutcome) => rowOutcome.status === 'updated'),
        unchanged: count((rowOutcome) => rowOutcome.isUnchanged === true),
        failed: count((rowOutcome) => rowOutcome.status === 'failed'),
        invited: count((rowOutcome) => rowOutcome.invitation === 'invited'),
        already: count((rowOutcome) => rowOutcome.invitation === 'already_invited'),
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

/** Encrypts the shared secret of an authenticator application before it is stored. */
function sealed(factor: ImportedMfaFactor, key: Buffer): unknown {
  if (!('totp' in factor)) return factor;
  return { totp: { sealed: encrypt(key, factor.totp.secret).toString('base64') } };
}
