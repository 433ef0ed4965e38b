import type { Clock } from '../../platform/clock/clock.ts';
import type { Db } from '../../platform/db/db.ts';
import {
  findMfaToken,
  type MfaToken,
  newMfaToken,
  useMfaToken,
} from '../../records/mfa-tokens/mfa-tokens.ts';

type Deps = { db: Db; clock: Clock };

/**
 * Issues a token that proves for 10 minutes that a user has shown the first factor at the token endpoint. Only its hash is stored.
 * @param input.context returned unchanged when the token is read
 */
export async function issueMfaToken(
  { db, clock }: Deps,
  input: {
    userId: string;
    clientId: string;
    connectionId: string;
    audience?: string | null | undefined;
    scope?: string | null | undefined;
    context?: Record<string, unknown>;
  },
): Promise<string> {
  const { userId, clientId, connectionId, audience, scope, context } = input;
  return newMfaToken(db, {
    userId,
    clientId,
    connectionId,
    audience: audience ?? null,
    scope: scope ?? null,
    context: context ?? {},
    now: clock.now(),
  });
}

/** Returns the user and the context of an open token, or `null` if the token is unknown, used or expired. */
export async function readMfaToken({ db, clock }: Deps, token: string): Promise<MfaToken | null> {
  return findMfaToken(db, { token, now: clock.now() });
}

/** Uses up a token. Returns false if it is used or expired: of many requests at once, one gets true. */
export async function redeemMfaToken({ db, clock }: Deps, token: string): Promise<boolean> {
  return (await useMfaToken(db, { token, now: clock.now() })) !== null;
}
