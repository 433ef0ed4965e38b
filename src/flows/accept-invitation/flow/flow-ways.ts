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
import type { AcceptableInvitation } from '../proof.ts';
import type { FlowNeeds, FlowWay } from './flow-steps.ts';

/** Returns the ways to log in that an invitation takes now. */
export function waysOf(
  { publicUrl }: { publicUrl: string },
  view: AcceptableInvitation,
): Pick<FlowNeeds, 'ways' | 'providers'> {
  const { connection, connections } = view;
  const providers = connections.filter(({ strategy }) => isProviderStrategy(strategy));
  const ways: FlowWay[] = [];
  if (view.kind === 'login') ways.push('existing');
  else if (connection !== null) {
    ways.push('password');
    const takesPasskeys = passkeyRulesOf(connection).isEnabled;
    if (takesPasskeys && relyingPartyHere(publicUrl) !== null) ways.push('passkey');
  }
  if (providers.length > 0) ways.push('connection');
  if (codeConnectionOf(connections) !== null) ways.push('code');
  return { ways, providers };
}

/** Returns the state without a proof that does not count any more: its time is over, or the invitation takes its connection no longer. */
export function stateNow(state: FlowState, view: AcceptableInvitation, now: Date): FlowState {
  const { credential } = state;
  if (credential?.kind !== 'connection' && credential?.kind !== 'code') return state;
  const isAllowed = view.connections.some(({ id }) => id === credential.connectionId);
  const isOver = new Date(credential.endsAt) <= now;
  return isAllowed && !isOver ? state : { ...state, credential: null };
}

/** Returns who has shown the way to log in, if a user has it already. */
export function knownUserOf({ credential }: FlowState): string | null {
  return credential?.kind === 'connection' || credential?.kind === 'code'
    ? credential.userId
    : null;
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
