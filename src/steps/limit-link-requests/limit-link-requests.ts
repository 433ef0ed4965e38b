import type { Db } from '../../platform/db/db.ts';
import { Refusal } from '../../platform/refusal/refusal.ts';
import {
  type Connection,
  isSelfServiceResetEnabled,
} from '../../records/connections/connections.ts';
import { countAttempt, throttleKey } from '../../records/throttles/throttles.ts';

const WINDOW_SECONDS = 3600;
const AT_ONCE_SECONDS = 60;

/** Maximum mails with a link to one person in an hour, by the counter of each kind. */
const MOST = {
  'reset-mail': 5,
  'verification-mail': 5,
  'blocked-mail': 5,
  'sign-up-mail': 5,
  'invitation-mail': 3,
};

/**
 * Counts a request for a mail with a link, on all nodes together: strangers can ask, and must not fill another person's mailbox.
 * @param input.whom what the limit is for: an account, an invitation, or an address of a connection
 * @returns whether the mail may be sent
 */
export async function countLinkRequest(
  db: Db,
  input: { mail: keyof typeof MOST; whom: readonly string[]; now: Date },
): Promise<boolean> {
  const { mail, whom, now } = input;
  const key = throttleKey(mail, ...whom);
  return (await countAttempt(db, { key, windowSeconds: WINDOW_SECONDS, now })) <= MOST[mail];
}

/**
 * Counts a request for a new link in place of an old one, as {@link countLinkRequest} does. Of many requests for one person within a minute
 * one is served: its mail answers them all. Call it in the transaction that makes the mail.
 */
export async function countRenewal(
  tx: Db,
  input: Parameters<typeof countLinkRequest>[1],
): Promise<boolean> {
  const { mail, whom, now } = input;
  const key = throttleKey(`${mail}-renewal`, ...whom);
  const isFirst = (await countAttempt(tx, { key, windowSeconds: AT_ONCE_SECONDS, now })) === 1;
  return isFirst && countLinkRequest(tx, input);
}

/** @throws Refusal if a password ticket is to be renewable, but users of the connection cannot request links */
export function refuseUselessRenewal(connection: Connection): void {
  if (isSelfServiceResetEnabled(connection)) return;
  throw new Refusal(
    'invalid_body',
    'Users of this connection cannot request links to set a password, so the ticket cannot be renewable.',
  );
}
