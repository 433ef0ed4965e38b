import { decrypt, encrypt, type Keys } from '../../platform/crypto/crypto.ts';
import { type Db, transaction } from '../../platform/db/db.ts';
import { newObjectId } from '../../platform/ids/ids.ts';
import { findClient } from '../../records/clients/clients.ts';
import {
  type Connection,
  findConnection,
  isSelfServiceResetEnabled,
} from '../../records/connections/connections.ts';
import { linkSettings } from '../../records/email-templates/email-templates.ts';
import { type NewMessage, wasQueued } from '../../records/messages/messages.ts';
import { issueTicket } from '../../records/tickets/tickets.ts';
import {
  findAccount,
  findAccountByEmail,
  holdAccount,
  type User,
} from '../../records/users/users.ts';
import { mayCreateAccount } from '../../steps/admit-newcomer/admit-newcomer.ts';
import { confirmationMail } from '../../steps/ask-for-confirmation/ask-for-confirmation.ts';
import { countLinkRequest } from '../../steps/limit-link-requests/limit-link-requests.ts';
import { queueMail } from '../../steps/queue-mail/queue-mail.ts';
import { enqueueAsyncActions, isAwaited } from '../run-async-actions/run-async-actions.task.ts';
import { finishSignUpTask } from './finish-sign-up.task.ts';
import { type AccountToMake, type FirstCredential, makeAccount } from './make-account.ts';
import { noteSignUp, type SignUpDeps } from './note-sign-up.ts';
import { adoptKnown, askNames } from './sign-up-in-directory.ts';

/** A sign-up that a task finishes. */
export type AskedAccount = {
  connectionId: string;
  profile: AccountToMake['profile'] & { email: string };
  credential: FirstCredential;
  clientId: string | null;
  organizationId: string | null;
  ip: string;
};

/**
 * Enqueues the rest of a sign-up.
 * @returns the account as the caller sees it, whether or not the task creates one
 */
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
 * Creates the account, or mails the owner of the mailbox that it exists, here or in the legacy directory. May run twice: the second run finds the account, or the mail, of
 * the first.
 */
export async function finishSignUp(deps: SignUpDeps, sealed: string): Promise<void> {
  const { db, clock, keys } = deps;
  const asked = open(keys, sealed);
  const { profile, clientId } = asked;
  const connection = await findConnection(db, asked.connectionId);
  if (connection === null) return;
  const at = clock.now();
  const newcomer = { ...asked, connection, provedEmail: null, now: at };
  if (!(await mayCreateAccount(db, newcomer))) return;
  if ((await findAccount(db, `auth0|${profile.localId}`)) !== null) return;
  const client = clientId === null ? null : await findClient(db, clientId);
  const link = await linkSettings(db, 'verify_email', client);
  await adoptKnown(deps, { connection, email: profile.email });
  const { username, phoneNumber } = profile;
  const others = await askNames(deps, { connection, names: { username, phoneNumber } });
  if (others.kind === 'unavailable') throw new Error(`The directory failed: ${others.problem}`);
  const trigger = 'post-user-registration';
  const isAsked = await isAwaited(deps, trigger);
  const outcome =
    others.kind === 'exists'
      ? others
      : await transaction(db, async (tx) => {
          const made = await makeAccount(tx, deps, {
            ...asked,
            connection,
            link,
            isInvited: false,
            at,
          });
          if (made.kind === 'created' && isAsked) {
            const about = { trigger, accountId: made.user.id, clientId } as const;
            await enqueueAsyncActions(tx, deps.enqueue, about);
          }
          return made;
        });
  let isNews = true;
  if (outcome.kind === 'exists') {
    const resetLink = await linkSettings(db, 'reset_email', client);
    const about = { asked, connection, link, resetLink, at };
    isNews = await transaction(db, (tx) => mailThatItExists(tx, deps, about));
  }
  const { ip, credential } = asked;
  if (isNews) noteSignUp(deps, { ...profile, connection, clientId, ip, credential }, outcome);
}

function open(keys: Keys, sealed: string): AskedAccount {
  const asked = JSON.parse(decrypt(keys.encryption, Buffer.from(sealed, 'base64')));
  // A task from before passkeys has the password alone.
  const { credential = { kind: 'password', chosen: asked.chosen } } = asked;
  return { ...asked, credential };
}

type LinkSettings = Awaited<ReturnType<typeof linkSettings>>;

type About = {
  asked: AskedAccount;
  connection: Connection;
  /** Settings of the links in both mails: one confirms the address, one sets a password. */
  link: LinkSettings;
  resetLink: LinkSettings;
  at: Date;
};

/**
 * Mails the address of the sign-up, and no other, that it has an account or that another name of the sign-up is taken. If the address was
 * never confirmed, the mail asks to confirm it once more, because nobody can log in before.
 * @returns `false` if this sign-up has run before
 */
async function mailThatItExists(tx: Db, deps: SignUpDeps, about: About): Promise<boolean> {
  const { asked, connection } = about;
  const { email, localId } = asked.profile;
  const found = await findAccountByEmail(tx, { connectionId: connection.id, email });
  // Two runs of the same sign-up wait for each other here.
  const held = (found && (await holdAccount(tx, found.id)))?.account ?? null;
  const account = held?.email === found?.email ? held : null;
  const once = `sign-up ${localId}`;
  if (account?.id === `auth0|${localId}` || (await wasQueued(tx, once))) return false;
  const mail =
    account?.isUnproven && !account.emailVerified
      ? await confirmation(tx, deps, { ...about, account, once })
      : await newsOfAccount(tx, deps, { ...about, asked: { ...asked, email }, account, once });
  if (mail) await queueMail(tx, deps.enqueue, [mail], about.at);
  return true;
}

async function confirmation(
  tx: Db,
  { keys }: SignUpDeps,
  { asked, link, account, once, at }: About & { account: User; once: string },
): Promise<NewMessage | null> {
  const { clientId, organizationId, profile } = asked;
  const request = { mail: 'verification-mail', whom: [account.id], now: at } as const;
  if (!(await countLinkRequest(tx, request))) return null;
  return confirmationMail(tx, {
    accountId: account.id,
    email: profile.email,
    link: { ...link, clientId, organizationId },
    once,
    ticketKey: keys.ticket,
    now: at,
  });
}

/** Who has asked for an account that exists. */
type AskedAgain = { email: string; clientId: string | null; organizationId: string | null };

/** Returns the mail to the address of a sign-up that made no account, or `null` if it got enough of them. Needs a transaction. */
export async function newsOfAccount(
  tx: Db,
  deps: SignUpDeps,
  about: Pick<About, 'connection' | 'resetLink' | 'at'> & {
    asked: AskedAgain;
    account: User | null;
    once: string;
  },
): Promise<NewMessage | null> {
  const { asked, connection, account, once, at } = about;
  const { clientId, email } = asked;
  const whom = [connection.id, email];
  if (!(await countLinkRequest(tx, { mail: 'sign-up-mail', whom, now: at }))) return null;
  return account === null
    ? {
        template: 'sign_up_name_taken',
        recipient: email,
        userId: null,
        data: { connectionId: connection.id, clientId },
        once,
      }
    : {
        template: 'sign_up_account_exists',
        recipient: email,
        userId: account.id,
        ticketId: await resetTicket(tx, deps, { ...about, account }),
        data: { clientId },
        once,
      };
}

/**
 * Returns a ticket to reset the password, because the owner may have forgotten it. Returns `null` if only operators may set passwords here.
 */
async function resetTicket(
  tx: Db,
  { keys }: SignUpDeps,
  {
    asked,
    connection,
    resetLink,
    account,
    at,
  }: Pick<About, 'connection' | 'resetLink' | 'at'> & { asked: AskedAgain; account: User },
): Promise<string | null> {
  if (!isSelfServiceResetEnabled(connection)) return null;
  const { clientId, organizationId, email } = asked;
  const ticket = await issueTicket(tx, {
    ...resetLink,
    kind: 'password-change',
    userId: account.id,
    email,
    clientId,
    organizationId,
    // Opening a link proves that the person reads the mail of its address.
    markEmailAsVerified: true,
    ticketKey: keys.ticket,
    now: at,
  });
  return ticket.id;
}
