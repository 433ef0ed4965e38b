import {
  findProvidedIdentity,
  linkedMail,
  storeProvidedIdentity,
} from '../../../steps/adopt-identity/adopt-identity.ts';
import { queueMail } from '../../../steps/queue-mail/queue-mail.ts';
import type { Completion } from '../finish-acceptance.ts';
import type { AcceptableInvitation, AcceptDeps, AcceptOutcome, Proof } from '../proof.ts';
import { acceptWithShownIdentity } from './with-shown-identity.ts';

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
        return stored;
      },
    },
  });
}
