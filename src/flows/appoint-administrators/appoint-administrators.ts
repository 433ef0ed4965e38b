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

/** A link for an operator with access to the machine. It is derived each time and never stored. */
export type OpenLink = { email: string; link: string; expiresAt: Date };

/** Id of the application that the console logs administrators in with. */
export const CONSOLE_CLIENT_ID = RESERVED_IDS.clientId;

const { connectionId } = RESERVED_IDS;
const KEY = 'first_administrator';
/** The administrator whose link the server prints at its start. */
type Kept = { userId?: string };

/** Short, because the link ends up in terminals and logs. The operator can always make another. */
const TTL_SECONDS = 24 * 3600;

/** Returns a user who may use the console now: from the administrators' own connection, with a role, and not blocked. */
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
 * Prepares the console. While nobody can log in to it, returns the link for the first administrator: one for all nodes, the same one until
 * it expires, then a new one. A changed address replaces the former one.
 * @param input.email default: administrator@ this server's host
 * @returns `null` if an administrator exists
 */
export async function inviteFirstAdministrator(
  deps: AppointDeps,
  input: { email: string | undefined },
): Promise<OpenLink | null> {
  // An IP address as the server's host makes no valid email address.
  const email = canonicalIdentifier(
    input.email ?? `administrator@${new URL(deps.publicUrl).hostname}`,
  );
  return alone(deps, async (tx, kept) => {
    const all = await administrators.listAdministrators(tx);
    if (all.some((administrator) => administrator.hasPassword && !administrator.blocked))
      return null;
    const former = kept.userId === undefined ? null : await findUser(tx, kept.userId);
    if (former && former.email !== email) {
      // A concurrent use of that link makes its owner the administrator.
      if (!(await deleteUserWithoutPassword(tx, former.id))) return null;
    }
    const user = await findOrInsert(deps, tx, email);
    await writeSetting(tx, KEY, { userId: user.id } satisfies Kept, deps.clock.now());
    return linkFor(deps, tx, user, { renew: false });
  });
}

/**
 * Returns a link with which a new administrator, or one who has lost the password, sets a password. An older link stops working.
 * @returns `null` if the address is not a valid email address
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

/** Deletes an administrator's account, which ends their rights at once. Returns `false` if the administrator does not exist. */
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

/** Prepares the console if an administrator exists. */
export async function keepConsole(deps: AppointDeps): Promise<void> {
  const { db, publicUrl, clock } = deps;
  if ((await administrators.listAdministrators(db)).length === 0) return;
  await ensureConsoleClient(db, { publicUrl, now: clock.now() });
}

/** Runs `work` in a transaction under a lock that all nodes share. */
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
  if (made.kind !== 'inserted') throw new Error(`The administrator ${email} could not be created.`);
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
      ttlSeconds: TTL_SECONDS,
      ticketKey,
      now,
    }));
  const url = ticketUrl(publicUrl, kind, ticketSecret(ticketKey, ticket.id));
  // The page greets the reader as a new administrator.
  const link = url.replace(/#$/, '&type=invite#');
  return { email: email ?? '', link, expiresAt: ticket.expiresAt };
}
