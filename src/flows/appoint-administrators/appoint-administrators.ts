import type { Clock } from '../../platform/clock/clock.ts';
import { type Db, transaction } from '../../platform/db/db.ts';
import { isEmail } from '../../platform/email-address/email-address.ts';
import { RESERVED_IDS } from '../../platform/ids/ids.ts';
import { canonicalIdentifier } from '../../platform/login-identifier/login-identifier.ts';
import * as administrators from '../../records/administrators/administrators.ts';
import { endSessionsOfGone } from '../../records/oidc-payloads/oidc-payloads.ts';
import { holdSetting, writeSetting } from '../../records/settings/settings.ts';
import {
  issueTicket,
  openTicketOf,
  ticketSecret,
  ticketUrl,
} from '../../records/tickets/tickets.ts';
import {
  deleteUser,
  deleteUserWithoutPassword,
  findUser,
  findUserByEmail,
  insertUser,
  type User,
} from '../../records/users/users.ts';
import { ensureConsoleClient } from './console-client.ts';

export type AppointDeps = {
  db: Db;
  clock: Clock;
  ticketKey: Buffer;
  /** Without a trailing slash. */
  publicUrl: string;
};

/** What is shown to whoever has the machine. The link is derived anew each time and stored nowhere. */
export type OpenLink = { email: string; link: string; expiresAt: Date };

/** The application that the console signs people in as. */
export const CONSOLE_CLIENT_ID = RESERVED_IDS.clientId;

const { connectionId } = RESERVED_IDS;
const KEY = 'first_administrator';
/** Whose link starts print. */
type Kept = { userId?: string };

/** It ends up in terminals and logs; whoever has the machine makes another. */
const TTL_SEC = 24 * 3600;

/** Somebody who may use the console now: of the administrators' own store, with a role, and not blocked. */
export async function findAdministrator(
  db: Db,
  userId: string,
): Promise<{ user: User; role: administrators.Role } | null> {
  const user = await findUser(db, userId);
  if (user?.connectionId !== connectionId || user.blocked === true) return null;
  const role = await administrators.roleOf(db, userId);
  return role === null ? null : { user, role };
}

/**
 * Makes the console ready and, while nobody can sign in to it, gives the link for the first administrator: once for all nodes, the same
 * one until it expires, then a new one. Another address than before takes its place.
 * @param input.email default: administrator@ this server's host
 * @returns null when there is an administrator
 */
export async function inviteFirstAdministrator(
  deps: AppointDeps,
  input: { email: string | undefined },
): Promise<OpenLink | null> {
  // Of a server that is reached by its IP address it is no e-mail address.
  const email = canonicalIdentifier(
    input.email ?? `administrator@${new URL(deps.publicUrl).hostname}`,
  );
  return alone(deps, async (tx, kept) => {
    const all = await administrators.listAdministrators(tx);
    if (all.some((one) => one.hasPassword && !one.blocked)) return null;
    const former = kept.userId === undefined ? null : await findUser(tx, kept.userId);
    if (former && former.email !== email) {
      // Somebody may be using that link in this moment: then they are the administrator.
      if (!(await deleteUserWithoutPassword(tx, former.id))) return null;
    }
    const user = await findOrInsert(deps, tx, email);
    await writeSetting(tx, KEY, { userId: user.id } satisfies Kept, deps.clock.now());
    return linkFor(deps, tx, user, { renew: false });
  });
}

/**
 * A link with which an administrator sets a password: a new one, or one whose password is lost. Their older link ends.
 * @returns null when that is no e-mail address
 */
export async function appointAdministrator(
  deps: AppointDeps,
  input: { email: string },
): Promise<(OpenLink & { isNew: boolean }) | null> {
  const { email } = input;
  if (!isEmail(email)) return null;
  return alone(deps, async (tx) => {
    const known = await findUserByEmail(tx, { connectionId, email });
    const user = await findOrInsert(deps, tx, email);
    return { ...(await linkFor(deps, tx, user, { renew: true })), isNew: known === null };
  });
}

/** Takes somebody's right to administer this server, with their account, at once. False: there is no such administrator. */
export async function dismissAdministrator(
  deps: AppointDeps,
  input: { email: string },
): Promise<boolean> {
  return transaction(deps.db, async (tx) => {
    const user = await findUserByEmail(tx, { connectionId, email: input.email });
    const gone = user === null ? [] : await deleteUser(tx, user.id);
    await endSessionsOfGone(tx, gone);
    return gone.length > 0;
  });
}

/** Makes the console ready where there is somebody to use it. */
export async function keepConsole(deps: AppointDeps): Promise<void> {
  const { db, publicUrl, clock } = deps;
  if ((await administrators.listAdministrators(db)).length === 0) return;
  await ensureConsoleClient(db, { publicUrl, now: clock.now() });
}

/** In a transaction that waits for another node which is doing the same. */
async function alone<T>(deps: AppointDeps, work: (tx: Db, kept: Kept) => Promise<T>): Promise<T> {
  const { db, publicUrl, clock } = deps;
  await ensureConsoleClient(db, { publicUrl, now: clock.now() });
  return transaction(db, async (tx) => work(tx, await holdSetting<Kept>(tx, KEY, {}, clock.now())));
}

async function findOrInsert({ clock }: AppointDeps, tx: Db, email: string): Promise<User> {
  const now = clock.now();
  const known = await findUserByEmail(tx, { connectionId, email });
  if (known) return known;
  const { provider } = RESERVED_IDS;
  const made = await insertUser(tx, { provider, connectionId, email, now });
  if (made.kind !== 'inserted') throw new Error(`No administrator ${email} could be made.`);
  await administrators.addAdministrator(tx, { userId: made.user.id, role: 'owner', now });
  return made.user;
}

async function linkFor(
  { clock, ticketKey, publicUrl }: AppointDeps,
  tx: Db,
  { id: userId, email }: User,
  { renew }: { renew: boolean },
): Promise<OpenLink> {
  const now = clock.now();
  const kind = 'password-change';
  const open = renew ? null : await openTicketOf(tx, { userId, kind, now });
  const ticket =
    open ??
    (await issueTicket(tx, {
      kind,
      userId,
      email,
      clientId: CONSOLE_CLIENT_ID,
      markEmailAsVerified: true,
      ttlSec: TTL_SEC,
      ticketKey,
      now,
    }));
  const url = ticketUrl(publicUrl, kind, ticketSecret(ticketKey, ticket.id));
  // As to somebody who comes for the first time: the page then greets them.
  const link = url.replace(/#$/, '&type=invite#');
  return { email: email ?? '', link, expiresAt: ticket.expiresAt };
}
