import {
  amrOfPasskey,
  hasSecondFactor,
  storePasskey,
} from '../../../records/authentication-methods/authentication-methods.ts';
import { passkeyRulesOf } from '../../../records/connections/connections.ts';
import type { DirectoryDeps } from '../../../steps/ask-directory/ask-directory.ts';
import type { SignInDeps } from '../../../steps/sign-in-by-proof/sign-in-by-proof.ts';
import type { Completion } from '../finish-acceptance.ts';
import type { AcceptOutcome, Proof } from '../proof.ts';
import type { OpenInvitation } from '../view-invitation.ts';
import { acceptWithNewCredential, connectionFor } from './with-new-credential.ts';

/** Accepts an open invitation with a passkey that was just registered. See `acceptWithNewCredential`. */
export async function acceptWithPasskey(
  deps: SignInDeps & DirectoryDeps,
  {
    view,
    secret,
    proof,
    completion,
  }: {
    view: OpenInvitation;
    secret: string;
    proof: Proof & { kind: 'passkey' };
    completion?: Completion | undefined;
  },
): Promise<AcceptOutcome | null> {
  const connection = connectionFor(view, proof.connectionId);
  if (connection === null || !passkeyRulesOf(connection).isEnabled) {
    return { ...view, kind: 'unserved' };
  }
  return acceptWithNewCredential(deps, {
    view,
    secret,
    connection,
    by: 'passkey',
    amr: amrOfPasskey(proof.passkey),
    completion,
    async store(tx, { held, at }) {
      const { passkey } = proof;
      // It counts as two factors, so it would replace the one that the account has.
      if (await hasSecondFactor(tx, held.account.id)) return false;
      return (await storePasskey(tx, { userId: held.account.id, passkey, at })).kind === 'stored';
    },
  });
}
