import type { Completion } from '../finish-acceptance.ts';
import type { AcceptDeps, AcceptOutcome, Proof } from '../proof.ts';
import type { InvitationView } from '../view-invitation.ts';
import { acceptAsAccount } from './accept-as-account.ts';
import { acceptWithCode } from './accept-with-code.ts';
import { acceptWithIdentity } from './accept-with-identity.ts';
import { acceptWithPasskey } from './accept-with-passkey.ts';
import { acceptWithPassword } from './accept-with-password.ts';

export { takesShownIdentity } from './with-shown-identity.ts';

/**
 * Accepts an invitation in one transaction, by the way that the person has shown.
 * @param input.completion what the same transaction does for a flow
 * @param input.profile what the person has entered
 * @returns `null` if the invitation, the account or the flow has changed since it was read
 */
export async function acceptByProof(
  deps: AcceptDeps,
  input: {
    secret: string;
    proof: Proof;
    view: InvitationView;
    completion?: Completion;
    profile?: Record<string, unknown>;
  },
): Promise<AcceptOutcome | null> {
  const { view, proof, ...more } = input;
  if (view.kind !== 'open' && view.kind !== 'login') return view;
  if (proof.kind === 'account') return acceptAsAccount(deps, { ...more, view, proof });
  if (proof.kind === 'identity') return acceptWithIdentity(deps, { ...more, view, proof });
  if (proof.kind === 'code') return acceptWithCode(deps, { ...more, view, proof });
  if (view.kind !== 'open') return view;
  return proof.kind === 'password'
    ? acceptWithPassword(deps, { ...more, view, proof })
    : acceptWithPasskey(deps, { ...more, view, proof });
}
