import type { Clock } from '../../platform/clock/clock.ts';
import type { Keys } from '../../platform/crypto/crypto.ts';
import type { Db } from '../../platform/db/db.ts';
import type { Enqueue } from '../../platform/tasks/tasks.ts';
import type { Connection } from '../../records/connections/connections.ts';
import type { Audit } from '../../records/logs/logs.ts';
import type { User } from '../../records/users/users.ts';
import type { DirectoryDeps } from '../../steps/ask-directory/ask-directory.ts';
import {
  PASSWORD_REFUSALS,
  type RefusedPassword,
} from '../../steps/choose-password/choose-password.ts';
import { noteEnrollment } from '../../steps/note-enrollment/note-enrollment.ts';
import type { Actions } from '../../steps/run-actions/run-actions.ts';
import type { FirstCredential } from './make-account.ts';

export type SignUpDeps = {
  db: Db;
  clock: Clock;
  keys: Keys;
  enqueue: Enqueue;
  audit: Audit;
  actions: Actions;
  publicUrl: string;
} & DirectoryDeps;

export type EndedSignUp =
  | { kind: 'created'; user: User }
  | { kind: 'exists' }
  | { kind: 'refused'; why: RefusedPassword }
  | { kind: 'disabled' }
  /** The legacy directory of the connection gave no usable answer, or declined. There is no account. */
  | { kind: 'unavailable'; problem: string }
  /** A script of `pre-user-registration` refuses it, with this text for the person. */
  | { kind: 'denied'; message: string }
  | { kind: 'throttled'; retryAfterSeconds: number };

/** Writes the outcome of a sign-up to the tenant log. */
export function noteSignUp(
  { audit }: Pick<SignUpDeps, 'audit'>,
  about: {
    connection: Connection;
    email?: string | null;
    username?: string | null;
    phoneNumber?: string | null;
    clientId?: string | null;
    ip: string;
    /** What the account gets to log in with. */
    credential?: Pick<FirstCredential, 'kind'>;
  },
  outcome: EndedSignUp,
): void {
  const { connection, ip, clientId = null } = about;
  const created = outcome.kind === 'created';
  audit.record({
    type: created ? 'ss' : outcome.kind === 'throttled' ? 'limit_mu' : 'fs',
    ...(!created && { description: whyNot(outcome) }),
    userId: created ? outcome.user.id : null,
    userName: about.email ?? about.username ?? about.phoneNumber ?? null,
    connectionId: connection.id,
    clientId,
    ip,
    // No other counter counts these two.
    ...((outcome.kind === 'throttled' || outcome.kind === 'disabled') && {
      repeats: `sign-up ${outcome.kind} ${connection.id} ${ip}`,
    }),
  });
  if (created && about.credential?.kind === 'passkey') {
    noteEnrollment({ audit }, { user: outcome.user, factor: 'passkey', clientId, ip });
  }
}

function whyNot(outcome: Exclude<EndedSignUp, { kind: 'created' }>): string {
  if (outcome.kind === 'unavailable') return outcome.problem;
  return outcome.kind === 'refused'
    ? PASSWORD_REFUSALS[outcome.why.kind][1]
    : WHY_NOT[outcome.kind];
}

const WHY_NOT: Record<
  Exclude<EndedSignUp['kind'], 'created' | 'refused' | 'unavailable'>,
  string
> = {
  denied: 'An action has refused the sign-up.',
  exists: 'The user already exists.',
  disabled: 'Public signup is disabled',
  throttled: 'An IP address is blocked because of too many sign-ups.',
};
