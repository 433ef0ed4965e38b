import type { Keys } from '../../platform/crypto/crypto.ts';
import type { Db } from '../../platform/db/db.ts';
import type { Enqueue } from '../../platform/tasks/tasks.ts';
import {
  findPasskey,
  storePasskey,
  type VerifiedPasskey,
} from '../../records/authentication-methods/authentication-methods.ts';
import { type Connection, holdConnection } from '../../records/connections/connections.ts';
import type { linkSettings } from '../../records/email-templates/email-templates.ts';
import { insertUser, type NewUser, type User } from '../../records/users/users.ts';
import { confirmationMail } from '../../steps/ask-for-confirmation/ask-for-confirmation.ts';
import {
  type ChosenPassword,
  storeFirstPassword,
} from '../../steps/choose-password/choose-password.ts';
import { queueMail } from '../../steps/queue-mail/queue-mail.ts';

export type AccountToMake = {
  connection: Connection;
  profile: Omit<NewUser, 'connectionId' | 'isUnproven' | 'now'>;
  /** The password, or a passkey instead of one. */
  credential: FirstCredential;
  clientId: string | null;
  /** The login to an organization that the sign-up belongs to. */
  organizationId?: string | null;
  isInvited: boolean;
  /** Settings of the link that confirms the address. */
  link: Awaited<ReturnType<typeof linkSettings>>;
  at: Date;
};

export type FirstCredential =
  | { kind: 'password'; chosen: ChosenPassword }
  | { kind: 'passkey'; passkey: VerifiedPasskey };

export type MadeAccount =
  | { kind: 'created'; user: User }
  | { kind: 'exists' }
  | { kind: 'disabled' };

/** Creates an account with its password or passkey, and queues the mail with the link that confirms its address. Needs a transaction. */
export async function makeAccount(
  tx: Db,
  { keys, enqueue }: { keys: Keys; enqueue: Enqueue },
  input: AccountToMake,
): Promise<MadeAccount> {
  const { connection, profile, credential, clientId, organizationId, isInvited, link, at } = input;
  if (!(await holdConnection(tx, connection.id))) return { kind: 'disabled' };
  const isPasskey = credential.kind === 'passkey';
  // The passkey of another account, which no authenticator registers twice.
  if (isPasskey && (await findPasskey(tx, credential.passkey)) !== null) return { kind: 'exists' };
  const inserted = await insertUser(tx, {
    ...profile,
    connectionId: connection.id,
    isUnproven: !isInvited,
    now: at,
  });
  if (inserted.kind === 'duplicate') return { kind: 'exists' };
  const { user } = inserted;
  if (isPasskey) {
    const { passkey } = credential;
    const { kind } = await storePasskey(tx, { userId: user.id, passkey, at });
    if (kind !== 'stored') throw new Error(`The passkey of a new account is not stored: ${kind}`);
  } else {
    await storeFirstPassword(tx, { userId: user.id, chosen: credential.chosen, at });
  }
  if (user.email !== null && !isInvited) {
    const mail = await confirmationMail(tx, {
      accountId: user.id,
      email: user.email,
      link: { ...link, clientId, organizationId: organizationId ?? null },
      ticketKey: keys.ticket,
      now: at,
    });
    await queueMail(tx, enqueue, [mail], at);
  }
  return { kind: 'created', user };
}
