import type { Clock } from '../../platform/clock/clock.ts';
import type { Keys } from '../../platform/crypto/crypto.ts';
import { type Db, transaction } from '../../platform/db/db.ts';
import type { Enqueue } from '../../platform/tasks/tasks.ts';
import { findTicketBySecret } from '../../records/tickets/tickets.ts';
import { findAccount } from '../../records/users/users.ts';
import { confirmationMail } from '../../steps/ask-for-confirmation/ask-for-confirmation.ts';
import { countRenewal } from '../../steps/limit-link-requests/limit-link-requests.ts';
import { queueMail } from '../../steps/queue-mail/queue-mail.ts';

export type MailVerificationDeps = { db: Db; clock: Clock; keys: Keys; enqueue: Enqueue };

/** Mails a new verification link in place of an expired one, if the address is the same and not verified. */
export async function mailVerificationAgain(
  { db, clock, keys, enqueue }: MailVerificationDeps,
  secretHash: Buffer,
): Promise<void> {
  const old = await findTicketBySecret(db, secretHash);
  if (old?.kind !== 'email-verification' || !old.renewable) return;
  const user = await findAccount(db, old.userId);
  const email = user?.email ?? null;
  if (!user || email === null || user.emailVerified) return;
  if (old.email !== null && old.email !== email) return;
  const { clientId, organizationId, resultUrl, includeEmailInRedirect } = old;
  const ttlSeconds = Math.round((old.expiresAt.getTime() - old.createdAt.getTime()) / 1000);
  await transaction(db, async (tx) => {
    const now = clock.now();
    const request = { mail: 'verification-mail', whom: [user.id], now } as const;
    if (!(await countRenewal(tx, request))) return;
    const mail = await confirmationMail(tx, {
      accountId: user.id,
      email,
      link: { clientId, organizationId, resultUrl, includeEmailInRedirect, ttlSeconds },
      ticketKey: keys.ticket,
      now,
    });
    await queueMail(tx, enqueue, [mail], now);
  });
}
