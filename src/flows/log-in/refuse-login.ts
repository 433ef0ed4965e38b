import type { Clock } from '../../platform/clock/clock.ts';
import type { Db } from '../../platform/db/db.ts';
import { canonicalIdentifier } from '../../platform/login-identifier/login-identifier.ts';
import { type Connection, customDatabaseOf } from '../../records/connections/connections.ts';
import type { Audit } from '../../records/logs/logs.ts';
import { noteMigrationFailure } from '../../records/migrated-users/migrated-users.ts';
import type { User } from '../../records/users/users.ts';
import type { PasswordVerdict } from './check-here.ts';
import type { CountedLogin } from './count-login.ts';

type RefuseDeps = { db: Db; clock: Clock; audit: Audit };

/** A login whose password was not accepted, for its caller. */
export type RefusedLogin =
  | { kind: 'wrong' }
  | { kind: 'busy'; retryAfterSeconds: number }
  | { kind: 'blocked' }
  | { kind: 'denied'; message: string }
  | { kind: 'unavailable'; retryAfterSeconds: number }
  | { kind: 'not-moved' };

export const WHY_LIMITED = {
  limit_wc: 'An IP address is blocked because of too many consecutive failed login attempts.',
  limit_sul: 'A user is temporarily prevented from logging in because of too many attempts.',
  limit_mu: 'An IP address is blocked because of too many failed login attempts.',
};

type Refused = {
  verdict: Exclude<PasswordVerdict, { kind: 'right' }>;
  counted: Extract<CountedLogin, { kind: 'go-on' }>;
  about: {
    connection: Connection;
    /** The user here, or `null`. */
    user: User | null;
    noted: { connectionId: string; userName: string; ip: string; clientId: string | null };
  };
};

/** Counts and records a refusal. */
export async function refuseLogin(
  deps: RefuseDeps,
  { verdict, counted, about: { connection, user, noted } }: Refused,
): Promise<RefusedLogin> {
  const identifier = noted.userName;
  const { audit } = deps;
  const about = { ...noted, userId: user?.id ?? null };
  const countWrong = async (userId: string | null) => {
    if (!(await counted.settle(false))) return;
    audit.record({ ...noted, type: 'limit_wc', userId, description: WHY_LIMITED.limit_wc });
  };
  switch (verdict.kind) {
    case 'wrong': {
      const { userId } = verdict;
      const description = verdict.description ?? 'Wrong email or password.';
      audit.record({ ...noted, type: userId === null ? 'fu' : 'fp', userId, description });
      await countWrong(userId);
      return { kind: 'wrong' };
    }
    case 'busy':
      audit.record({ ...about, type: 'f', description: 'Too many passwords are being verified.' });
      return verdict;
    case 'blocked':
      audit.record({ ...about, type: 'f', description: 'user is blocked' });
      return verdict;
    case 'denied':
      audit.record({ ...about, type: 'f', description: verdict.message });
      await countWrong(about.userId);
      return verdict;
    case 'unavailable':
    case 'not-moved': {
      const { kind, problem } = verdict;
      const why = kind === 'unavailable' ? verdict.why : kind;
      // An outage concerns everybody, and is one entry. A failure has its own words.
      const outage = why === 'failed' ? problem : '';
      const repeats = [connection.id, why, OUTAGES.has(why) ? outage : identifier].join(' ');
      audit.record({ ...about, type: 'f', description: problem, repeats });
      await counted.withdraw();
      await noteNotMoved(deps, { connection, identifier, why, problem });
      return kind === 'unavailable' ? { kind, retryAfterSeconds: RETRY_SECONDS } : { kind };
    }
  }
}

const RETRY_SECONDS = 10;
const OUTAGES = new Set(['timed-out', 'failed', 'busy', 'paused', 'missing-script']);
/** Not about one account: nobody was asked. */
const UNASKED = new Set(['busy', 'paused']);

/** Lists the account among those that could not be taken over, for the operator. */
async function noteNotMoved(
  { db, clock }: RefuseDeps,
  failure: { connection: Connection; identifier: string; why: string; problem: string },
): Promise<void> {
  const { connection, why: reason, problem } = failure;
  if (UNASKED.has(reason) || customDatabaseOf(connection)?.isImporting !== true) return;
  const identifier = canonicalIdentifier(failure.identifier);
  const { id: connectionId } = connection;
  await noteMigrationFailure(db, { connectionId, identifier, reason, problem, at: clock.now() });
}
