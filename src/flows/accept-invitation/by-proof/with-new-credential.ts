import { type Db, transactionWithUndo } from '../../../platform/db/db.ts';
import { type Connection, holdConnection } from '../../../records/connections/connections.ts';
import type { AcceptedBy } from '../../../records/invitations/invitations.ts';
import {
  type HeldAccount,
  holdAccount,
  insertUser,
  type User,
} from '../../../records/users/users.ts';
import { adoptFromDirectory } from '../../../steps/adopt-profile/adopt-profile.ts';
import { type DirectoryDeps, directoryFor } from '../../../steps/ask-directory/ask-directory.ts';
import {
  NO_ORGANIZATION,
  unavailable,
} from '../../../steps/change-in-directory/change-in-directory.ts';
import { proveAddress } from '../../../steps/prove-address/prove-address.ts';
import type { SignInDeps } from '../../../steps/sign-in-by-proof/sign-in-by-proof.ts';
import { type Completion, finishAcceptance } from '../finish-acceptance.ts';
import { isInUse, ownWaysOf } from '../own-ways.ts';
import type { AcceptedInvitation } from '../proof.ts';
import type { OpenInvitation } from '../view-invitation.ts';

/** Stores the credential of an account, in the transaction of the acceptance. Returns false if it cannot be stored now. */
export type StoreCredential = (
  tx: Db,
  to: { held: HeldAccount; isNew: boolean; at: Date },
) => Promise<boolean>;

type Accepting = {
  view: OpenInvitation;
  secret: string;
  /** Where the account is, or is created. */
  connection: Connection;
  by: AcceptedBy;
  /** The methods that the credential shows (RFC 8176). */
  amr: string[];
  store: StoreCredential;
  completion?: Completion | undefined;
};

/**
 * Accepts an open invitation with a new credential: of the invited account, or of one that the same transaction creates.
 * @returns `null` if the invitation or the account has changed since it was read
 */
export async function acceptWithNewCredential(
  deps: SignInDeps & DirectoryDeps,
  accepting: Accepting,
): Promise<AcceptedInvitation | null> {
  const { db, clock } = deps;
  const user = accepting.view.user ?? (await adoptInvited(deps, accepting));
  return transactionWithUndo(db, async (tx, undo: (nothing: null) => never) => {
    const at = clock.now();
    const held = user
      ? await provedAccount(tx, user, accepting, at)
      : await newAccount(tx, accepting, at);
    if (held === null) return undo(null);
    if (!(await accepting.store(tx, { held, isNew: user === null, at }))) return undo(null);
    return (await finishAcceptance(tx, { ...accepting, ...held, at })) ?? undo(null);
  });
}

/**
 * Returns the invited person whom only the legacy directory of the connection has, with the profile copied, or `null`. The link proves the
 * address, so the person can choose a password as after a forgotten one.
 * @throws Refusal if the directory gave no usable answer
 */
async function adoptInvited(
  deps: SignInDeps & DirectoryDeps,
  { view, connection }: Accepting,
): Promise<User | null> {
  const { email } = view.invitation;
  const directory = directoryFor(deps, connection);
  const asked = { directory, connection, email, context: NO_ORGANIZATION };
  const adopted = await adoptFromDirectory(deps, asked);
  if (adopted.kind === 'unavailable') throw unavailable(adopted);
  return adopted.kind === 'adopted' ? adopted.user : null;
}

/** Returns the connection of the account: the asked one if an account can be made there, or else the view's own. */
export function connectionFor(view: OpenInvitation, asked: string | undefined): Connection | null {
  if (asked === undefined || asked === view.connection?.id) return view.connection;
  // An account that exists has its credentials in its own connection.
  const other = view.connections.find((each) => each.id === asked && each.strategy === 'auth0');
  return view.user === null ? (other ?? null) : null;
}

async function provedAccount(
  tx: Db,
  user: User,
  { view }: Accepting,
  at: Date,
): Promise<HeldAccount | null> {
  const held = await holdAccount(tx, user.id);
  const { email } = view.invitation;
  if (held?.person.email !== email || held.account.blocked || held.person.blocked) return null;
  // What was set in the meantime stays, and is the only key.
  if (isInUse(await ownWaysOf(tx, user.id))) return null;
  // The link went to this address.
  const proved = await proveAddress(tx, { accountId: held.account.id, email, isMaker: false, at });
  if (proved.kind !== 'proved') throw new Error('An account that is held changed its address.');
  return proved;
}

async function newAccount(
  tx: Db,
  { view, connection }: Accepting,
  at: Date,
): Promise<HeldAccount | null> {
  if (!(await holdConnection(tx, connection.id))) return null;
  const made = await insertUser(tx, {
    connectionId: connection.id,
    email: view.invitation.email,
    emailVerified: true,
    now: at,
  });
  return made.kind === 'duplicate' ? null : { account: made.user, person: made.user };
}
