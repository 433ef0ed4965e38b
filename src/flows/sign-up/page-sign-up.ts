import { decrypt, encrypt, type Keys } from '../../platform/crypto/crypto.ts';
import { type Db, transaction, transactionWithUndo } from '../../platform/db/db.ts';
import { newId, newObjectId } from '../../platform/ids/ids.ts';
import { findClient } from '../../records/clients/clients.ts';
import {
  type Connection,
  codeRulesOf,
  findConnection,
  holdConnection,
} from '../../records/connections/connections.ts';
import { linkSettings } from '../../records/email-templates/email-templates.ts';
import {
  LOGIN_TICKET_SECONDS,
  type LoginTicket,
} from '../../records/login-handoffs/login-handoffs.ts';
import { wasQueued } from '../../records/messages/messages.ts';
import { newPasswordlessCode } from '../../records/passwordless-codes/passwordless-codes.ts';
import { findSignUp, insertSignUp, useSignUp } from '../../records/sign-ups/sign-ups.ts';
import {
  findAccountByEmail,
  type HeldAccount,
  insertUser,
  type User,
  updateUser,
} from '../../records/users/users.ts';
import { mayCreateAccount } from '../../steps/admit-newcomer/admit-newcomer.ts';
import {
  type ChosenPassword,
  storeChosenPassword,
  storeFirstPassword,
} from '../../steps/choose-password/choose-password.ts';
import { countLinkRequest } from '../../steps/limit-link-requests/limit-link-requests.ts';
import { countTrace } from '../../steps/limit-traces/limit-traces.ts';
import { proveAddress } from '../../steps/prove-address/prove-address.ts';
import { queueMail } from '../../steps/queue-mail/queue-mail.ts';
import { judgeRegistration } from '../../steps/run-actions/run-actions.ts';
import { handOverLogin } from '../../steps/sign-in-by-proof/sign-in-by-proof.ts';
import { enqueueAsyncActions, isAwaited } from '../run-async-actions/run-async-actions.task.ts';
import { newsOfAccount } from './finish-sign-up.ts';
import { judgeSignUp } from './judge-sign-up.ts';
import { mailSignUpCodeTask } from './mail-sign-up-code.task.ts';
import { type EndedSignUp, noteSignUp, type SignUpDeps } from './note-sign-up.ts';
import { adoptKnown, keepsPasswords } from './sign-up-in-directory.ts';

/** What the person has typed. */
type Person = {
  email: string;
  name: string | null;
  givenName: string | null;
  familyName: string | null;
  nickname: string | null;
};

type Sealed = { connectionId: string; person: Person; chosen: ChosenPassword; ip: string };

/** Where a code is sent to, and from where it was asked for. */
type Sending = { askedFrom: string; language: string | null };

/** A sign-up that waits for the code of its address. */
export type PageSignUp = { id: string; clientId: string; connection: Connection; email: string };

/**
 * Begins a sign-up on a page of an application, and mails a code to the address. The answer and the time are the same whether or not the
 * address has an account. There is no account before the code is typed.
 */
export async function beginPageSignUp(
  deps: SignUpDeps,
  input: Sending & {
    connection: Connection;
    clientId: string;
    person: Person;
    password: string;
    ip: string;
  },
): Promise<
  { kind: 'begun'; secret: string } | Exclude<EndedSignUp, { kind: 'created' | 'exists' }>
> {
  const { db, clock, keys } = deps;
  const { connection, clientId, person, password, ip } = input;
  const asked = { connection, clientId, password, ip, isInvited: false, profile: person };
  // Operators can switch off the limits of sign-ups, but not those of the rows and mails that strangers cause.
  const retryAfterSeconds = await countTrace(db, { kind: 'SignUpCode', ip, now: clock.now() });
  const judged =
    retryAfterSeconds > 0
      ? ({ kind: 'throttled', retryAfterSeconds } as const)
      : // A directory that keeps passwords needs the password at the end, which is not stored until then.
        keepsPasswords(connection)
        ? ({ kind: 'disabled' } as const)
        : await judgeSignUp(deps, asked);
  if (judged.kind === 'passkey') throw new Error('A password is no passkey.');
  if (judged.kind !== 'password') {
    noteSignUp(deps, { connection, clientId, ip, email: person.email }, judged);
    return judged;
  }
  const { chosen } = judged;
  const plain: Sealed = { connectionId: connection.id, person, chosen, ip };
  const sealed = encrypt(keys.encryption, JSON.stringify(plain));
  const secret = await transaction(db, async (tx) => {
    const made = await insertSignUp(tx, { clientId, sealed, now: clock.now() });
    await enqueueCode(tx, deps, made.id, input);
    return made.secret;
  });
  return { kind: 'begun', secret };
}

/** Returns the sign-up of a browser, or `null`. Changes nothing. */
export async function viewPageSignUp(
  deps: Pick<SignUpDeps, 'db' | 'clock' | 'keys'>,
  secret: string,
): Promise<PageSignUp | null> {
  const { db, clock, keys } = deps;
  const found = await findSignUp(db, { by: { secret }, now: clock.now() });
  if (found === null) return null;
  const { connectionId, person } = open(keys, found.sealed);
  const connection = await findConnection(db, connectionId);
  const { id, clientId } = found;
  return connection && { id, clientId, connection, email: person.email };
}

/** Mails another code. The answer is the same whether or not the address has an account. Returns seconds to wait, or 0. */
export async function mailAnotherCode(
  deps: SignUpDeps,
  input: Sending & { signUp: PageSignUp; ip: string },
): Promise<number> {
  const { db, clock } = deps;
  const { signUp, ip } = input;
  const seconds = await countTrace(db, { kind: 'SignUpCode', ip, now: clock.now() });
  if (seconds > 0) return seconds;
  await transaction(db, (tx) => enqueueCode(tx, deps, signUp.id, input));
  return 0;
}

async function enqueueCode(
  tx: Db,
  { enqueue }: SignUpDeps,
  signUpId: string,
  { askedFrom, language }: Sending,
): Promise<void> {
  const once = newId('sum');
  await enqueue(tx, mailSignUpCodeTask, { signUpId, askedFrom, language, once });
}

/** Mails the code to the address, or to the owner of an account that it exists. It may run twice. */
export async function mailSignUpCode(
  deps: SignUpDeps,
  about: Sending & { signUpId: string; once: string },
): Promise<void> {
  const { db, clock, keys, enqueue } = deps;
  const { signUpId, askedFrom, language, once } = about;
  const now = clock.now();
  const found = await findSignUp(db, { by: { id: signUpId }, now });
  if (found === null) return;
  const { connectionId, person, ip } = open(keys, found.sealed);
  const connection = await findConnection(db, connectionId);
  if (connection === null) return;
  const { clientId } = found;
  const { email } = person;
  await adoptKnown(deps, { connection, email });
  const resetLink = await linkSettings(db, 'reset_email', await findClient(db, clientId));
  const known = await transaction(db, async (tx) => {
    const account = await findAccountByEmail(tx, { connectionId, email });
    // The task has run before.
    if (await wasQueued(tx, once)) return null;
    if (account !== null && !account.isUnproven) {
      const asked = { clientId, organizationId: null, email };
      const mail = await newsOfAccount(tx, deps, {
        asked,
        connection,
        account,
        resetLink,
        once,
        at: now,
      });
      if (mail) await queueMail(tx, enqueue, [mail], now);
      return account;
    }
    if (!(await countLinkRequest(tx, { mail: 'sign-up-mail', whom: [connectionId, email], now }))) {
      return null;
    }
    const { ttlSeconds } = codeRulesOf(connection);
    const wanted = { connectionId, recipient: email, clientId, askedFrom, ttlSeconds, now };
    const { id: passwordlessId } = await newPasswordlessCode(tx, wanted);
    const data = { passwordlessId, ...(language !== null && { language }) };
    const to = { recipient: email, userId: null, once };
    await queueMail(tx, enqueue, [{ ...to, template: 'passwordless_code', data }], now);
    return null;
  });
  if (known !== null) noteSignUp(deps, { connection, clientId, ip, email }, { kind: 'exists' });
}

export type CompletedSignUp =
  | { kind: 'done'; loginTicket: string | null; expiresInSeconds: number }
  /** The sign-up was used or has expired. */
  | { kind: 'unknown' }
  /** The address has got an account since the code was mailed. */
  | { kind: 'exists' }
  | { kind: 'disabled' }
  /** A script of `pre-user-registration` refuses the account, with this text for the person. */
  | { kind: 'denied'; message: string };

/**
 * Completes a sign-up whose address was just proved by the code. One transaction uses the sign-up up, creates the account with its password,
 * and hands the login over. An account that a stranger made with the address and never proved becomes the owner's, without anything that
 * was planted there. Of many requests at once exactly one is `done`.
 * @param input.request the authorization request that may use the login ticket, or `null` for any of the application
 */
export async function completePageSignUp(
  deps: SignUpDeps,
  input: { signUp: PageSignUp; request: LoginTicket['request'] },
): Promise<CompletedSignUp> {
  const { db, clock, keys } = deps;
  const { signUp, request } = input;
  const { id, clientId, connection, email } = signUp;
  const at = clock.now();
  const found = await findSignUp(db, { by: { id }, now: at });
  if (found === null) return { kind: 'unknown' };
  const { person, chosen, ip } = open(keys, found.sealed);
  const newcomer = { connection, clientId, organizationId: null, provedEmail: email, now: at };
  const about = { connection, clientId, ip, email };
  if (!(await mayCreateAccount(db, newcomer))) {
    noteSignUp(deps, about, { kind: 'disabled' });
    return { kind: 'disabled' };
  }
  const profile = { ...person, emailVerified: true };
  const registered = await judgeRegistration(deps, { connection, clientId, profile });
  if (registered.kind === 'denied') {
    noteSignUp(deps, about, registered);
    return registered;
  }
  const isAsked = await isAwaited(deps, 'post-user-registration');
  type Made = { kind: 'made'; user: User; loginTicket: string | null };
  const outcome = await transactionWithUndo(
    db,
    async (tx, undo: (why: Exclude<CompletedSignUp, { kind: 'done' }>) => never): Promise<Made> => {
      if (!(await useSignUp(tx, { id, now: at }))) return undo({ kind: 'unknown' });
      if (!(await holdConnection(tx, connection.id))) return undo({ kind: 'disabled' });
      const held = await ownAccount(tx, { connection, person, chosen, at });
      if (held === null) return undo({ kind: 'exists' });
      const { account, person: user } = held;
      const { appMetadata, userMetadata } = registered;
      if (appMetadata !== null || userMetadata !== null) {
        await updateUser(tx, account.id, { appMetadata, userMetadata }, at);
      }
      if (isAsked) {
        const done = {
          trigger: 'post-user-registration',
          accountId: account.id,
          clientId,
        } as const;
        await enqueueAsyncActions(tx, deps.enqueue, done);
      }
      const amr = ['pwd'];
      const ticket = { amr, request };
      const loginTicket = await handOverLogin(tx, { user, account, clientId, amr, ticket, at });
      return { kind: 'made', user: account, loginTicket };
    },
  );
  if (outcome.kind !== 'made') {
    if (outcome.kind !== 'unknown') noteSignUp(deps, about, outcome);
    return outcome;
  }
  noteSignUp(deps, about, { kind: 'created', user: outcome.user });
  const { loginTicket } = outcome;
  return { kind: 'done', loginTicket, expiresInSeconds: LOGIN_TICKET_SECONDS };
}

/** Creates the account, or takes over one that nobody has proved. `null`: the address has an account. */
async function ownAccount(
  tx: Db,
  about: { connection: Connection; person: Person; chosen: ChosenPassword; at: Date },
): Promise<HeldAccount | null> {
  const { connection, person, chosen, at } = about;
  const { email, ...names } = person;
  const made = await insertUser(tx, {
    ...person,
    localId: newObjectId(at),
    connectionId: connection.id,
    emailVerified: true,
    now: at,
  });
  if (made.kind !== 'duplicate') {
    await storeFirstPassword(tx, { userId: made.user.id, chosen, at });
    return { account: made.user, person: made.user };
  }
  const known = await findAccountByEmail(tx, { connectionId: connection.id, email });
  if (known === null || !known.isUnproven || known.blocked) return null;
  const proved = await proveAddress(tx, { accountId: known.id, email, isMaker: false, at });
  // Another request may have proved it meanwhile.
  if (proved.kind !== 'proved' || !proved.isEmptied) return null;
  await storeChosenPassword(tx, { held: proved, chosen, at });
  const named = Object.fromEntries(Object.entries(names).filter(([, value]) => value !== null));
  if (Object.keys(named).length > 0) await updateUser(tx, proved.account.id, named, at);
  return proved;
}

function open(keys: Keys, sealed: Buffer): Sealed {
  return JSON.parse(decrypt(keys.encryption, sealed));
}
