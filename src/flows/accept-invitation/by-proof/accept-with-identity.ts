import type { Db } from '../../../platform/db/db.ts';
import { updateUser } from '../../../records/users/users.ts';
import {
  findProvidedIdentity,
  linkedMail,
  type ProvidedAccount,
  storeProvidedIdentity,
} from '../../../steps/adopt-identity/adopt-identity.ts';
import { queueMail } from '../../../steps/queue-mail/queue-mail.ts';
import type { Completion } from '../finish-acceptance.ts';
import type { AcceptableInvitation, AcceptDeps, AcceptOutcome, Proof } from '../proof.ts';
import { acceptWithShownIdentity } from './with-shown-identity.ts';

const NAMES = ['name', 'givenName', 'familyName', 'nickname', 'picture'] as const;

/** Gives an account that was never used the names that the provider says, where it has none. */
async function takeNames(tx: Db, { account, user }: ProvidedAccount, at: Date): Promise<void> {
  const lacking = NAMES.filter((name) => {
    // A user whom nobody has named is called by the address.
    const isLacking = user[name] === null || user[name] === user.email;
    return isLacking && account[name] !== null;
  });
  if (lacking.length === 0) return;
  const names = Object.fromEntries(lacking.map((name) => [name, account[name]]));
  const updated = await updateUser(tx, user.id, names, at);
  if (updated.kind !== 'updated') throw new Error('An account that is held was not updated.');
}

/** Accepts an invitation with an identity that a provider has just proved. See `acceptWithShownIdentity`. */
export async function acceptWithIdentity(
  deps: AcceptDeps,
  input: {
    view: AcceptableInvitation;
    secret: string;
    proof: Proof & { kind: 'identity' };
    completion?: Completion | undefined;
  },
): Promise<AcceptOutcome | null> {
  const { proof, ...accepting } = input;
  const { connection, identity } = proof;
  const known = await findProvidedIdentity(deps.db, proof);
  return acceptWithShownIdentity(deps, {
    ...accepting,
    shown: {
      connection,
      by: 'identity',
      // RFC 8176 has no name for a login at another server.
      amr: [],
      known,
      email: identity.email,
      address: identity.emailVerified ? identity.email : null,
      async store(tx, { linkTo, at }) {
        // The link opens a closed connection for the invited person.
        const mayCreate = known === null;
        const stored = await storeProvidedIdentity(tx, { ...proof, linkTo, mayCreate, at });
        if (stored.kind === 'taken') return { kind: 'lost' };
        if (stored.kind !== 'stored') return { kind: 'unserved' };
        const { user } = stored;
        // An account that was never used becomes the person's only now.
        if (stored.isNew && linkTo !== null && user.loginsCount > 0) {
          const { clientId } = input.view.invitation;
          await queueMail(tx, deps.enqueue, linkedMail({ user, connection, clientId }), at);
        }
        if (linkTo !== null && user.loginsCount === 0) await takeNames(tx, stored, at);
        return stored;
      },
    },
  });
}
