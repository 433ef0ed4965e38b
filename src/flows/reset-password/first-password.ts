import { transaction } from '../../platform/db/db.ts';
import {
  type Connection,
  findConnection,
  isSelfServiceResetEnabled,
  loginIdentifiersOf,
} from '../../records/connections/connections.ts';
import { hasAwaitedPasswords, isPasswordAwaited } from '../../records/passwords/passwords.ts';
import { findAccount, findAccountByIdentifier } from '../../records/users/users.ts';
import { countRenewal } from '../../steps/limit-link-requests/limit-link-requests.ts';
import { countTrace } from '../../steps/limit-traces/limit-traces.ts';
import { firstPasswordTask } from './first-password.task.ts';
import { type MailResetDeps, mailResetLink } from './mail-reset.ts';

/**
 * Follows every wrong password. In a connection with imported users who choose their password at their first visit, it requests the mail
 * with their link. A task looks the account up, so neither the answer nor the time tells whether there is such a user: everybody who types a
 * wrong password in this connection gets the same words.
 * @returns whether to say that a mail may be on its way
 */
export async function askForFirstPassword(
  deps: Pick<MailResetDeps, 'db' | 'clock' | 'enqueue'>,
  tried: {
    connection: Connection;
    identifier: string;
    clientId: string | null;
    organizationId?: string | null;
    ip: string;
  },
): Promise<boolean> {
  const { db, clock, enqueue } = deps;
  const { connection, identifier, clientId, organizationId = null, ip } = tried;
  if (!(await hasAwaitedPasswords(db, connection.id))) return false;
  if (!isSelfServiceResetEnabled(connection)) return false;
  if ((await countTrace(db, { kind: 'FirstPassword', ip, now: clock.now() })) > 0) return true;
  const asked = { connectionId: connection.id, identifier, clientId, organizationId, ip };
  await transaction(db, (tx) => enqueue(tx, firstPasswordTask, asked));
  return true;
}

/** Mails the link to choose a password, if the account waits for one. It may run twice: the later link works. */
export async function mailFirstPassword(
  deps: MailResetDeps,
  tried: {
    connectionId: string;
    identifier: string;
    clientId: string | null;
    organizationId: string | null;
    ip: string;
  },
): Promise<void> {
  const { connectionId, identifier, clientId, organizationId, ip } = tried;
  const connection = await findConnection(deps.db, connectionId);
  if (connection === null || !isSelfServiceResetEnabled(connection)) return;
  const by = loginIdentifiersOf(connection);
  const found = await findAccountByIdentifier(deps.db, { connectionId, identifier, by });
  if (found === null || !(await isPasswordAwaited(deps.db, found.id))) return;
  const userId = found.id;
  const email = (await findAccount(deps.db, userId))?.email ?? null;
  if (email === null) return;
  deps.audit.record({ type: 'scpr', connectionId, clientId, userId, userName: email, ip });
  await mailResetLink(deps, countRenewal, {
    account: { id: userId, email },
    clientId,
    organizationId,
  });
}
