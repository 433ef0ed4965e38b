import { type Db, transactionWithUndo } from '../../platform/db/db.ts';
import { type Connection, holdConnection } from '../../records/connections/connections.ts';
import { holdAccount, insertUser, type User } from '../../records/users/users.ts';
import {
  type ChosenPassword,
  judgePassword,
  storeChosenPassword,
  storeFirstPassword,
} from '../../steps/choose-password/choose-password.ts';
import { proveAddress } from '../../steps/prove-address/prove-address.ts';
import type { SignInDeps } from '../../steps/sign-in-by-proof/sign-in-by-proof.ts';
import { type Completion, finishAcceptance } from './finish-acceptance.ts';
import type { AcceptedInvitation, AcceptOutcome, Proof } from './proof.ts';
import { type OpenInvitation, provedPasswordSetAt } from './view-invitation.ts';

type Accepting = {
  view: OpenInvitation;
  secret: string;
  chosen: ChosenPassword;
  connection: Connection;
  completion?: Completion | undefined;
};

/**
 * Accepts an open invitation with a new password: of the invited account, or of one that the same transaction creates.
 * @returns `null` if the invitation or the account has changed since it was read
 */
export async function acceptWithPassword(
  deps: SignInDeps,
  {
    view,
    secret,
    proof,
    completion,
  }: {
    view: OpenInvitation;
    secret: string;
    proof: Proof & { kind: 'password' };
    completion?: Completion | undefined;
  },
): Promise<AcceptOutcome | null> {
  const { db, clock } = deps;
  const { user, client, invitation } = view;
  const connection = storeOf(view, proof.connectionId);
  if (connection === null) return { ...view, kind: 'unserved' };
  const judged =
    typeof proof.password === 'string'
      ? await judgePassword(deps, {
          connection,
          accountId: user?.id ?? null,
          about: user ?? { email: invitation.email },
          password: proof.password,
          clientId: client?.id,
        })
      : { kind: 'ok' as const, chosen: proof.password };
  if (judged.kind === 'refused') return { kind: 'refused', why: judged.why, view };
  const accepting = { view, secret, chosen: judged.chosen, connection, completion };
  return transactionWithUndo(db, async (tx, undo: (nothing: null) => never) => {
    const at = clock.now();
    const done = user
      ? await withAccount(tx, user, { ...accepting, at })
      : await withNewAccount(tx, { ...accepting, at });
    return done ?? undo(null);
  });
}

function storeOf(view: OpenInvitation, asked: string | undefined): Connection | null {
  if (asked === undefined || asked === view.connection?.id) return view.connection;
  // An account that exists has its password in its own connection.
  const other = view.connections.find((each) => each.id === asked && each.strategy === 'auth0');
  return view.user === null ? (other ?? null) : null;
}

async function withAccount(
  tx: Db,
  user: User,
  { view, secret, chosen, completion, at }: Accepting & { at: Date },
): Promise<AcceptedInvitation | null> {
  const held = await holdAccount(tx, user.id);
  const { email } = view.invitation;
  if (held?.person.email !== email || held.account.blocked) return null;
  // A password that was set in the meantime stays.
  if ((await provedPasswordSetAt(tx, user.id)) !== null) return null;
  // The link went to this address.
  const proof = { accountId: held.account.id, email, isMaker: false, at };
  const proved = await proveAddress(tx, proof);
  if (proved.kind !== 'proved') throw new Error('An account that is held changed its address.');
  await storeChosenPassword(tx, { held: proved, chosen, at });
  const { account, person } = proved;
  return finishAcceptance(tx, { view, secret, by: 'link', account, person, completion, at });
}

async function withNewAccount(
  tx: Db,
  { view, secret, chosen, connection, completion, at }: Accepting & { at: Date },
): Promise<AcceptedInvitation | null> {
  if (!(await holdConnection(tx, connection.id))) return null;
  const made = await insertUser(tx, {
    connectionId: connection.id,
    email: view.invitation.email,
    emailVerified: true,
    now: at,
  });
  if (made.kind === 'duplicate') return null;
  await storeFirstPassword(tx, { userId: made.user.id, chosen, at });
  const { user } = made;
  const parties = { account: user, person: user };
  return finishAcceptance(tx, { view, secret, by: 'link', ...parties, completion, at });
}
