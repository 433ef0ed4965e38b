import {
  identityFrom,
  isProviderStrategy,
  keptIdentity,
  type ProvidedIdentity,
} from '../../../outbound/social/social.ts';
import { decrypt, encrypt, type Keys } from '../../../platform/crypto/crypto.ts';
import type { VerifiedPasskey } from '../../../records/authentication-methods/authentication-methods.ts';
import { codeConnectionOf, passkeyRulesOf } from '../../../records/connections/connections.ts';
import type { FlowState } from '../../../records/invitation-flows/invitation-flows.ts';
import { relyingPartyHere } from '../../../steps/verify-passkey/verify-passkey.ts';
import { offersProvider, takesOwnPasskey } from '../offered-ways.ts';
import type { AcceptableInvitation } from '../proof.ts';
import type { FlowNeeds, FlowWay } from './flow-steps.ts';

/** Returns the ways to log in that an invitation takes now. */
export function waysOf(
  { publicUrl }: { publicUrl: string },
  view: AcceptableInvitation,
): Pick<FlowNeeds, 'ways' | 'providers'> {
  const { connection, connections, own } = view;
  const providers = connections.filter(
    (each) => isProviderStrategy(each.strategy) && offersProvider(view, each),
  );
  const ways: FlowWay[] = [];
  if (view.kind === 'login') ways.push('existing');
  else if (connection !== null) {
    ways.push('password');
    // A passkey would replace the second factor that the account has.
    const hasPasskeys =
      passkeyRulesOf(connection).isEnabled && relyingPartyHere(publicUrl) !== null;
    if (!own.hasFactor && hasPasskeys) ways.push('passkey');
  }
  if (takesOwnPasskey({ publicUrl }, view)) ways.push('existing-passkey');
  if (providers.length > 0) ways.push('connection');
  if (codeConnectionOf(connections) !== null) ways.push('code');
  return { ways, providers };
}

/** Returns whether an invitation takes no way to log in. The link alone is no key to an account that is in use. */
export function hasNoWay(deps: { publicUrl: string }, view: AcceptableInvitation): boolean {
  return waysOf(deps, view).ways.length === 0;
}

/** Returns the state without a proof that does not count any more: its time is over, or the invitation takes its connection no longer. */
export function stateNow(state: FlowState, view: AcceptableInvitation, now: Date): FlowState {
  const { credential } = state;
  if (credential === null || !('endsAt' in credential)) return state;
  const isAllowed =
    !('connectionId' in credential) ||
    view.connections.some(({ id }) => id === credential.connectionId);
  const isOver = new Date(credential.endsAt) <= now;
  return isAllowed && !isOver ? state : { ...state, credential: null };
}

/** Returns who has shown the way to log in, if a user has it already. */
export function knownUserOf({ credential }: FlowState): string | null {
  return credential !== null && 'userId' in credential ? credential.userId : null;
}

/** Encrypts an identity, which has the provider's tokens in it. */
export function sealIdentity({ encryption }: Keys, identity: ProvidedIdentity): string {
  return encrypt(encryption, JSON.stringify(keptIdentity(identity))).toString('base64');
}

export function openIdentity({ encryption }: Keys, sealed: string): ProvidedIdentity {
  return identityFrom(JSON.parse(decrypt(encryption, Buffer.from(sealed, 'base64'))));
}

export function sealPasskey({ encryption }: Keys, passkey: VerifiedPasskey): string {
  return encrypt(encryption, JSON.stringify(passkey)).toString('base64');
}

export function openPasskey({ encryption }: Keys, sealed: string): VerifiedPasskey {
  return JSON.parse(decrypt(encryption, Buffer.from(sealed, 'base64')));
}
