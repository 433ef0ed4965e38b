import { transaction } from '../../platform/db/db.ts';
import { handle, type Registration } from '../../platform/tasks/tasks.ts';
import type { VerifiedPasskey } from '../../records/authentication-methods/authentication-methods.ts';
import { findClient } from '../../records/clients/clients.ts';
import { type Connection, hidesAccounts } from '../../records/connections/connections.ts';
import { linkSettings } from '../../records/email-templates/email-templates.ts';
import type { User } from '../../records/users/users.ts';
import { judgeRegistration } from '../../steps/run-actions/run-actions.ts';
import { type SignInDeps, signInByProof } from '../../steps/sign-in-by-proof/sign-in-by-proof.ts';
import { enqueueAsyncActions, isAwaited } from '../run-async-actions/run-async-actions.task.ts';
import { finishSignUpTask } from './finish-sign-up.task.ts';
import { askForAccount, finishSignUp } from './finish-sign-up.ts';
import { judgeSignUp } from './judge-sign-up.ts';
import { mailSignUpCodeTask } from './mail-sign-up-code.task.ts';
import { makeAccount } from './make-account.ts';
import { type EndedSignUp, noteSignUp, type SignUpDeps } from './note-sign-up.ts';
import { mailSignUpCode } from './page-sign-up.ts';
import { keepsPasswords, signUpInDirectory } from './sign-up-in-directory.ts';

export type { SignUpDeps } from './note-sign-up.ts';
export {
  beginPageSignUp,
  completePageSignUp,
  mailAnotherCode,
  type PageSignUp,
  viewPageSignUp,
} from './page-sign-up.ts';

export type SignUpInput = {
  connection: Connection;
  /** `null` at a connection whose users sign up without one. */
  email: string | null;
  /** A password, or a passkey that was just verified. */
  password: string | VerifiedPasskey;
  ip: string;
  clientId?: string | null;
  username?: string | null;
  phoneNumber?: string | null;
  name?: string | null;
  givenName?: string | null;
  familyName?: string | null;
  nickname?: string | null;
  picture?: string | null;
  userMetadata?: Record<string, unknown> | null;
  /** The login to an organization that the sign-up belongs to. */
  organizationId?: string | null;
  /**
   * The sign-up follows an invitation to this address. It is allowed where public sign-up is off, and the acceptance confirms the address.
   */
  isInvited?: boolean;
  /** Logs in at once with a new account, in the browser that keeps this secret. */
  browser?: string;
};

export type SignUpOutcome =
  | EndedSignUp
  /** Only a mail says how the sign-up ends. `user` is what the caller may see. */
  | { kind: 'asked'; user: Pick<User, 'id' | 'email' | 'emailVerified'> };

/**
 * Creates an account with a password and mails a link that verifies the address. `exists` takes as long as `created`; the caller decides
 * what to answer. If the connection hides who has an account, the outcome is `asked` for a known address as for a new one. A task does the
 * rest and ends with a mail.
 */
export async function signUp(
  deps: SignUpDeps & SignInDeps,
  input: SignUpInput,
): Promise<SignUpOutcome> {
  const { browser, ...asked } = input;
  const outcome = await tryToSignUp(deps, asked);
  const kind = typeof asked.password === 'string' ? 'password' : 'passkey';
  if (outcome.kind !== 'asked') noteSignUp(deps, { ...asked, credential: { kind } }, outcome);
  if (outcome.kind !== 'created' || browser === undefined) return outcome;
  const { user } = outcome;
  const { connection, email: userName, clientId = null, ip } = asked;
  const login = { user, connectionId: connection.id, userName, clientId, ip, browser };
  await signInByProof(deps, login);
  return outcome;
}

/** Returns the background work of this flow. */
export function signUpHandlers(deps: SignUpDeps): Registration[] {
  return [
    handle(finishSignUpTask, ({ sealed }) => finishSignUp(deps, sealed)),
    handle(mailSignUpCodeTask, (about) => mailSignUpCode(deps, about)),
  ];
}

async function tryToSignUp(
  deps: SignUpDeps,
  input: Omit<SignUpInput, 'browser'>,
): Promise<SignUpOutcome> {
  const { db, clock } = deps;
  const { isInvited = false, organizationId, ...rest } = input;
  const { connection, ip, password: _, ...profile } = rest;
  const clientId = input.clientId ?? null;
  const judged = await judgeSignUp(deps, { ...input, isInvited, profile });
  if (judged.kind !== 'password' && judged.kind !== 'passkey') return judged;

  const { email } = profile;
  const registered = await judgeRegistration(deps, { connection, clientId, profile });
  if (registered.kind === 'denied') return registered;
  const { appMetadata, userMetadata } = registered;
  const isHidden = hidesAccounts(connection) && email !== null && !isInvited;
  // A task asks a directory out of the caller's sight. Only the caller has the password for one that keeps passwords.
  if (!isHidden || keepsPasswords(connection)) {
    const { password } = input;
    const asked = await signUpInDirectory(deps, { connection, profile, password, clientId });
    if (asked.kind !== 'free') return asked;
  }
  if (isHidden && email !== null) {
    const user = await askForAccount(deps, {
      connectionId: connection.id,
      profile: { ...profile, email, appMetadata, userMetadata },
      credential: judged,
      clientId,
      organizationId: organizationId ?? null,
      ip,
    });
    return { kind: 'asked', user };
  }
  const client = clientId === null ? null : await findClient(db, clientId);
  const link = await linkSettings(db, 'verify_email', client);
  const isAsked = await isAwaited(deps, 'post-user-registration');
  return transaction(db, async (tx) => {
    const made = await makeAccount(tx, deps, {
      connection,
      profile: { ...profile, appMetadata, userMetadata },
      credential: judged,
      clientId,
      isInvited,
      link,
      at: clock.now(),
    });
    if (made.kind === 'created' && isAsked) {
      const about = {
        trigger: 'post-user-registration',
        accountId: made.user.id,
        clientId,
      } as const;
      await enqueueAsyncActions(tx, deps.enqueue, about);
    }
    return made;
  });
}
