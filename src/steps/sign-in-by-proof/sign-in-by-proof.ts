import type { Clock } from '../../platform/clock/clock.ts';
import type { Db } from '../../platform/db/db.ts';
import type { Log } from '../../platform/log/log.ts';
import { type LoginTicket, newLoginHandoff } from '../../records/login-handoffs/login-handoffs.ts';
import type { Audit } from '../../records/logs/logs.ts';
import { notePlace } from '../../records/throttles/throttles.ts';
import { recordLogin, type User } from '../../records/users/users.ts';

export type SignInDeps = { db: Db; clock: Clock; log: Log; audit: Audit };

/** The login of a person who has just proved to be the user: by a password, a code, a link or a new account. */
export type ProvedLogin = {
  /** Blocked also if only the identity that was used is blocked. */
  user: User;
  /** The connection that was used. */
  connectionId: string;
  /** The name that was typed or mailed, for the tenant log. */
  userName: string | null;
  clientId: string | null;
  ip: string;
};

export type SignedIn = { kind: 'ok'; user: User } | { kind: 'blocked' };

/** Returns whether a proved user may log in. Records a refusal in the tenant log, and changes nothing else. */
export function judgeProof({ audit }: Pick<SignInDeps, 'audit'>, login: ProvedLogin): SignedIn {
  const { user, connectionId, userName, clientId, ip } = login;
  if (!user.blocked) return { kind: 'ok', user };
  const description = 'user is blocked';
  audit.record({ type: 'f', userId: user.id, connectionId, userName, clientId, ip, description });
  return { kind: 'blocked' };
}

/**
 * Logs in a proved user who may log in: counts the login, with its time and address, and makes the place a known one, at which strangers
 * cannot lock the user out.
 * @param login.browser the secret that the browser keeps, or `null` if the caller is no browser. Absent: the place is known already.
 */
export async function signInByProof(
  deps: SignInDeps,
  login: ProvedLogin & { browser?: string | null },
): Promise<SignedIn> {
  const { db, clock, log } = deps;
  const { user, clientId, ip, browser } = login;
  const judged = judgeProof(deps, login);
  if (judged.kind !== 'ok') return judged;
  const now = clock.now();
  if (browser !== undefined) {
    await notePlace(db, { userId: user.id, origin: { ip, browser }, now });
  }
  await recordLogin(db, { userId: user.id, ip, at: now });
  log.info({ userId: user.id, clientId }, 'login');
  return judged;
}

/**
 * Lets a proved user into the application at its next login in this browser, which uses the handoff up. Run it in the transaction of the
 * proof.
 * @param input.account the identity that was proved, if it is linked to the user
 * @param input.clientId the application, or `null` for any
 * @param input.amr the methods that the person has shown (RFC 8176)
 * @param input.ticket the handoff travels in an address, for a page of the application
 * @returns the secret for the browser, or `null` for a blocked user
 */
export async function handOverLogin(
  tx: Db,
  input: {
    user: User;
    account?: User;
    clientId: string | null;
    amr: string[];
    ticket?: LoginTicket | null;
    at: Date;
  },
): Promise<string | null> {
  const { user, account = user, clientId, amr, ticket, at } = input;
  if (user.blocked || account.blocked) return null;
  return newLoginHandoff(tx, { userId: user.id, clientId, amr, ticket: ticket ?? null, now: at });
}
