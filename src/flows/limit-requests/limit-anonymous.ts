import type { Clock } from '../../platform/clock/clock.ts';
import type { Db } from '../../platform/db/db.ts';
import { countTrace } from '../../steps/limit-traces/limit-traces.ts';

type Deps = { db: Db; clock: Clock };

const TYPED_CODES = 100;

/**
 * Limits the logins in progress, sessions and device codes that anonymous requests leave in the database.
 * @param input.model the OpenID Connect library's name for what it is about to store
 * @returns seconds to wait, or `0` if the request may go on
 */
export function limitAnonymousRecord(
  { db, clock }: Deps,
  { model, ip }: { model: string; ip: string },
): Promise<number> {
  return countTrace(db, { kind: model, ip, now: clock.now() });
}

/**
 * Limits guesses of device codes: up to 100 per 10 minutes from one address, and a total of all addresses.
 * @returns seconds to wait, or `0` if the request may go on
 */
export function limitTypedCode({ db, clock }: Deps, { ip }: { ip: string }): Promise<number> {
  const now = clock.now();
  return countTrace(db, { kind: 'TypedUserCode', ip, fromAddress: TYPED_CODES, now });
}
