import { type Connection, providerName } from '../../records/connections/connections.ts';
import type { NewMessage } from '../../records/messages/messages.ts';
import type { User } from '../../records/users/users.ts';

/**
 * Returns the mail that tells the owner of an account of a new way to log in, or none for an account without a verified address. Queue it in
 * the transaction that links the identity.
 */
export function linkedMail({
  user,
  connection,
  clientId,
}: {
  user: User;
  connection: Connection;
  clientId: string | null;
}): NewMessage[] {
  const { id: userId, email, emailVerified } = user;
  if (email === null || !emailVerified) return [];
  const data = { provider: providerName(connection), clientId };
  return [{ template: 'identity_linked', recipient: email, userId, data }];
}
