import type { Db } from '../../../platform/db/db.ts';
import { holdConnection } from '../../../records/connections/connections.ts';
import {
  findAccount,
  findAccountByEmail,
  insertUser,
  linkNewIdentity,
  type NewUser,
} from '../../../records/users/users.ts';
import type { ProvidedAccount } from '../../../steps/adopt-identity/adopt-identity.ts';
import { proveAddress } from '../../../steps/prove-address/prove-address.ts';
import type { SignInDeps } from '../../../steps/sign-in-by-proof/sign-in-by-proof.ts';
import type { Completion } from '../finish-acceptance.ts';
import type { AcceptableInvitation, AcceptOutcome, Proof } from '../proof.ts';
import { acceptWithShownIdentity, type ShownIdentity } from './with-shown-identity.ts';

type CodeProof = Proof & { kind: 'code' };

/** Accepts an invitation with a code that was mailed to an address. See `acceptWithShownIdentity`. */
export async function acceptWithCode(
  deps: SignInDeps,
  input: {
    view: AcceptableInvitation;
    secret: string;
    proof: CodeProof;
    completion?: Completion | undefined;
  },
): Promise<AcceptOutcome | null> {
  const { proof, ...accepting } = input;
  const { connection, recipient } = proof;
  const known = await findKnown(deps.db, proof);
  return acceptWithShownIdentity(deps, {
    ...accepting,
    shown: {
      connection,
      by: 'passwordless',
      amr: ['otp'],
      known,
      email: recipient,
      address: recipient,
      store: (tx, { linkTo, at }) =>
        known === null
          ? storeNew(tx, { proof, linkTo, at })
          : storeKnown(tx, { known, email: recipient, at }),
    },
  });
}

/** Returns the account of the address in the connection. Its user is blocked also if only the identity is. */
async function findKnown(
  db: Db,
  { connection, recipient }: CodeProof,
): Promise<ProvidedAccount | null> {
  const account = await findAccountByEmail(db, { connectionId: connection.id, email: recipient });
  if (account === null || account.linkedTo === null) return account && { account, user: account };
  const user = await findAccount(db, account.linkedTo);
  return user && { account, user: account.blocked === true ? { ...user, blocked: true } : user };
}

async function storeKnown(
  tx: Db,
  { known, email, at }: { known: ProvidedAccount; email: string; at: Date },
): ReturnType<ShownIdentity['store']> {
  const accountId = known.account.id;
  const proved = await proveAddress(tx, { accountId, email, isMaker: false, at });
  if (proved.kind !== 'proved') return { kind: 'lost' };
  return { kind: 'stored', account: proved.account, user: proved.person };
}

/** The link opens a closed connection for the invited person. */
async function storeNew(
  tx: Db,
  { proof, linkTo, at }: { proof: CodeProof; linkTo: string | null; at: Date },
): ReturnType<ShownIdentity['store']> {
  const { connection, recipient } = proof;
  if (!(await holdConnection(tx, connection.id))) return { kind: 'unserved' };
  const identity: NewUser = {
    connectionId: connection.id,
    provider: connection.strategy,
    email: recipient,
    emailVerified: true,
    now: at,
  };
  const { kind } =
    linkTo === null
      ? await insertUser(tx, identity)
      : await linkNewIdentity(tx, { userId: linkTo, identity });
  // Another request has made the account meanwhile, or the invited one was deleted.
  const stored = kind === 'inserted' || kind === 'linked' ? await findKnown(tx, proof) : null;
  return stored === null ? { kind: 'lost' } : { kind: 'stored', ...stored };
}
