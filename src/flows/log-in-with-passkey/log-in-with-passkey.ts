import type { PublicKeyCredentialRequestOptionsJSON } from '@simplewebauthn/server';
import {
  amrOfPasskey,
  findMethodById,
} from '../../records/authentication-methods/authentication-methods.ts';
import {
  type Connection,
  hidesAccounts,
  passkeyRulesOf,
} from '../../records/connections/connections.ts';
import { findAccount, type User } from '../../records/users/users.ts';
import { countTrace } from '../../steps/limit-traces/limit-traces.ts';
import {
  judgeProof,
  type SignInDeps,
  signInByProof,
} from '../../steps/sign-in-by-proof/sign-in-by-proof.ts';
import {
  type Authenticated,
  beginAuthentication,
  finishAuthentication,
  type PasskeyDeps,
} from '../../steps/verify-passkey/verify-passkey.ts';

export type PasskeyLoginDeps = PasskeyDeps & SignInDeps;

/** Every login page asks, and many people can share an address. */
const LOGINS_PER_ADDRESS = 1000;

/**
 * Asks for any passkey of any user. The answer is the same for everybody.
 * @param login.uid the login of this browser, or the link that it has followed
 * @param login.ip limits how many challenges an address leaves: a login that has just begun leaves none of its own
 */
export async function askForPasskey(
  deps: PasskeyDeps,
  login: { uid: string; ip: string },
): Promise<
  | { kind: 'begun'; options: PublicKeyCredentialRequestOptionsJSON }
  | { kind: 'unavailable' }
  | { kind: 'throttled'; retryAfterSeconds: number }
> {
  const { ip } = login;
  const retryAfterSeconds = await countTrace(deps.db, {
    kind: 'PasskeyLogin',
    ip,
    fromAddress: LOGINS_PER_ADDRESS,
    now: deps.clock.now(),
  });
  if (retryAfterSeconds > 0) return { kind: 'throttled', retryAfterSeconds };
  return beginAuthentication(deps, { kind: 'passkey', boundTo: boundTo(login), userId: null });
}

export type PasskeyLogin =
  | { kind: 'ok'; user: User; amr: string[]; isFromAnotherDevice: boolean }
  /** For whatever reason. It says nothing about users. */
  | { kind: 'wrong' }
  | { kind: 'throttled'; retryAfterSeconds: number }
  /** Only returned for a valid passkey. */
  | { kind: 'blocked' };

/**
 * Logs in with a passkey. The user's own connection must be one of the login's, with passkeys enabled.
 * @param login.answer the credential as JSON
 * @param login.browser the secret that the browser keeps; absent on a page of an application
 * @param login.entersLater a handoff follows, which counts the login
 * @param login.pageOrigin the origin of the application's page that has asked, on the domain of the server. Absent: one of our pages
 */
export async function logInWithPasskey(
  deps: PasskeyLoginDeps,
  login: {
    uid: string;
    answer: string;
    connections: Connection[];
    clientId: string | null;
    ip: string;
    browser?: string;
    entersLater?: boolean;
    pageOrigin?: string;
  },
): Promise<PasskeyLogin> {
  const { db, clock, audit } = deps;
  const { answer, clientId, ip, browser = null, pageOrigin } = login;
  const retryAfterSeconds = await countTrace(db, { kind: 'PasskeyTry', ip, now: clock.now() });
  if (retryAfterSeconds > 0) return { kind: 'throttled', retryAfterSeconds };
  const tried = { kind: 'passkey', boundTo: boundTo(login), answer, pageOrigin } as const;
  const proved = await finishAuthentication(deps, tried);
  const refuse = (description: string, user: User | null = null): PasskeyLogin => {
    const userId = user?.id ?? ('method' in proved ? proved.method.userId : null);
    audit.record({ type: 'f', userId, clientId, ip, description });
    return { kind: 'wrong' };
  };
  if (proved.kind !== 'proved') return refuse(WHY_NOT[proved.kind]);
  const { method, isFromAnotherDevice } = proved;
  const account = await findAccount(db, method.userId);
  const person = account?.linkedTo ? await findAccount(db, account.linkedTo) : account;
  // A first proof of the address that ended in between has deleted the method. One that ends later ends this login.
  if (!account || !person || (await findMethodById(db, method.id)) === null) {
    return refuse(WHY_NOT.unknown);
  }
  const connection = login.connections.find(({ id }) => id === account.connectionId);
  if (!connection || !passkeyRulesOf(connection).isEnabled) {
    return refuse('The connection of the passkey cannot be used here.', person);
  }
  const isHidden = account.isUnproven && account.email !== null && hidesAccounts(connection);
  if (isHidden) return refuse('The address is not confirmed.', person);
  const user = account.blocked ? { ...person, blocked: true } : person;
  const userName = account.email ?? account.username;
  const entering = { user, connectionId: connection.id, userName, clientId, ip };
  const signedIn = login.entersLater
    ? judgeProof(deps, entering)
    : await signInByProof(deps, { ...entering, browser });
  if (signedIn.kind !== 'ok') return signedIn;
  return {
    kind: 'ok',
    user: signedIn.user,
    amr: amrOfPasskey(method.credential),
    isFromAnotherDevice,
  };
}

const WHY_NOT: Record<Exclude<Authenticated['kind'], 'proved'>, string> = {
  malformed: 'Passkey: the answer is no credential.',
  over: 'Passkey: the challenge is used, expired or of another browser.',
  unknown: 'Passkey: no such credential.',
  invalid: 'Passkey: the signature, the origin or the verification of the user is wrong.',
  copied: 'Passkey: the counter has gone back. A copy of the credential may exist.',
};

function boundTo({ uid }: { uid: string }): string {
  return `login ${uid}`;
}
