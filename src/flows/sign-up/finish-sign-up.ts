import { decrypt, encrypt, type Keys } from '../../platform/crypto/crypto.ts';
import { type Db, transaction } from '../../platform/db/db.ts';
import { newObjectId } from '../../platform/ids/ids.ts';
import { findClient } from '../../records/clients/clients.ts';
import {
  type Connection,
  findConnection,
  isSelfServiceResetEnabled,
  isSignupEnabled,
} from '../../records/connections/connections.ts';
import { linkSettings } from '../../records/email-templates/email-templates.ts';
import { queueMessages } from '../../records/messages/messages.ts';
import { countAttempt, throttleKey } from '../../records/throttles/throttles.ts';
import { issueTicket } from '../../records/tickets/tickets.ts';
import { findAccount, findAccountByEmail, type User } from '../../records/users/users.ts';
import type { ChosenPassword } from '../../steps/choose-password/choose-password.ts';
import { DELIVER_ONCE, deliverMailTask } from '../deliver-mail/deliver-mail.task.ts';
import { finishSignUpTask } from './finish-sign-up.task.ts';
import { type AccountToMake, makeAccount } from './make-account.ts';
import { noteSignUp, type SignUpDeps } from './note-sign-up.ts';

/** A sign-up that is finished out of sight. */
export type AskedAccount = {
  connectionId: string;
  profile: AccountToMake['profile'] & { email: string };
  chosen: ChosenPassword;
  clientId: string | null;
  organizationId: string | null;
  ip: string;
};

const MAILS_PER_ADDRESS = 5;
const WINDOW_SECONDS = 3600;

/** Leaves a sign-up to be finished. @returns the account as it looks to whoever signs up, whether there will be one or not */
export async function askForAccount(
  deps: Pick<SignUpDeps, 'db' | 'clock' | 'keys' | 'enqueue'>,
  asked: AskedAccount,
): Promise<Pick<User, 'id' | 'email' | 'emailVerified'>> {
  const { db, clock, keys, enqueue } = deps;
  const localId = newObjectId(clock.now());
  const plain = JSON.stringify({ ...asked, profile: { ...asked.profile, localId } });
  const sealed = encrypt(keys.encryption, plain).toString('base64');
  await transaction(db, (tx) =>
    enqueue(tx, finishSignUpTask, { sealed }, { singletonKey: localId }),
  );
  return { id: `auth0|${localId}`, email: asked.profile.email, emailVerified: false };
}

/**
 * Makes the account, or tells the mailbox that there is one. May run twice: the account of the first time is found.
 */
export async function finishSignUp(deps: SignUpDeps, sealed: string): Promise<void> {
  const { db, clock, keys } = deps;
  const asked = open(keys, sealed);
  const { profile, clientId, organizationId } = asked;
  const connection = await findConnection(db, asked.connectionId);
  if (connection === null || !isSignupEnabled(connection)) return;
  if ((await findAccount(db, `auth0|${profile.localId}`)) !== null) return;
  const client = clientId === null ? null : await findClient(db, clientId);
  const link = await linkSettings(db, 'verify_email', client);
  const at = clock.now();
  const outcome = await transaction(db, (tx) =>
    makeAccount(tx, deps, { ...asked, connection, link, isInvited: false, at }),
  );
  noteSignUp(deps, { ...profile, connection, clientId, ip: asked.ip }, outcome);
  if (outcome.kind !== 'exists') return;
  await mailThatItExists(deps, { connection, email: profile.email, clientId, organizationId, at });
}

function open(keys: Keys, sealed: string): AskedAccount {
  return JSON.parse(decrypt(keys.encryption, Buffer.from(sealed, 'base64')));
}

type About = {
  connection: Connection;
  email: string;
  clientId: string | null;
  organizationId: string | null;
  at: Date;
};

/** To the address that was typed, and to no other: to its account, or that another name of the sign-up is somebody's. */
async function mailThatItExists(deps: SignUpDeps, about: About): Promise<void> {
  const { db, enqueue } = deps;
  const { connection, email, at } = about;
  const key = throttleKey('sign-up-mail', connection.id, email);
  if ((await countAttempt(db, { key, windowSeconds: WINDOW_SECONDS, now: at })) > MAILS_PER_ADDRESS)
    return;
  const account = await findAccountByEmail(db, { connectionId: connection.id, email });
  await transaction(db, async (tx) => {
    const message =
      account === null
        ? {
            template: 'sign_up_name_taken',
            recipient: email,
            userId: null,
            data: { connectionId: connection.id, clientId: about.clientId },
          }
        : {
            template: 'sign_up_account_exists',
            recipient: email,
            userId: account.id,
            ticketId: await resetTicket(tx, deps, about, account),
            data: { clientId: about.clientId },
          };
    await queueMessages(tx, [message], at);
    await enqueue(tx, deliverMailTask, {}, DELIVER_ONCE);
  });
}

/** The owner may have forgotten the account, and so the password. null: new passwords are the operators' matter. */
async function resetTicket(
  tx: Db,
  { keys }: SignUpDeps,
  { connection, email, clientId, organizationId, at }: About,
  account: User,
): Promise<string | null> {
  if (!isSelfServiceResetEnabled(connection)) return null;
  const client = clientId === null ? null : await findClient(tx, clientId);
  const ticket = await issueTicket(tx, {
    ...(await linkSettings(tx, 'reset_email', client)),
    kind: 'password-change',
    userId: account.id,
    email,
    clientId,
    organizationId,
    // Whoever opens a link that went to an address reads its mail.
    markEmailAsVerified: true,
    ticketKey: keys.ticket,
    now: at,
  });
  return ticket.id;
}
