import type { Db } from '../../platform/db/db.ts';
import { countAttempt, throttleKey } from '../../records/throttles/throttles.ts';

const WINDOW_SECONDS = 3600;

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
