import { noteVersion } from '../../../platform/request-context/request-context.ts';
import { amrOfPasskey } from '../../../records/authentication-methods/authentication-methods.ts';
import type { Connection } from '../../../records/connections/connections.ts';
import type { FlowCredential } from '../../../records/invitation-flows/invitation-flows.ts';
import { findAccountByEmail } from '../../../records/users/users.ts';
import { findProvidedIdentity } from '../../../steps/adopt-identity/adopt-identity.ts';
import type { Proof } from '../proof.ts';
import { shownFactors } from './flow-steps.ts';
import type { FlowAt, FlowDeps } from './flow-view.ts';
import { openIdentity, openPasskey } from './flow-ways.ts';

/** Returns what the flow has shown, as the acceptance takes it. */
export function proofOf({ keys }: FlowDeps, { flow: { state }, view }: FlowAt): Proof {
  const { credential } = state;
  switch (credential?.kind) {
    case undefined:
      throw new Error('A flow without a way to log in is not complete.');
    case 'existing':
      return { kind: 'account', userId: credential.userId, hasLoggedIn: true };
    case 'account':
    case 'existing-passkey': {
      const { userId, amr } = credential;
      return { kind: 'account', userId, hasLoggedIn: true, amr };
    }
    case 'password': {
      const { phc, historySize } = credential;
      return { kind: 'password', password: { phc, historySize } };
    }
    case 'passkey':
      return { kind: 'passkey', passkey: openPasskey(keys, credential.sealed) };
    case 'code':
      return {
        kind: 'code',
        connection: connectionOf(view, credential.connectionId),
        recipient: view.invitation.email,
      };
    case 'connection':
      return {
        kind: 'identity',
        connection: connectionOf(view, credential.connectionId),
        identity: openIdentity(keys, credential.sealed),
        tokenKey: keys.encryption,
      };
  }
}

/**
 * Returns whether an identity or an address has come to another user since the flow has shown it. Then the proof says nothing about that
 * user's other ways to log in, and the flow has offered second factors to another person.
 */
export async function isMoved({ db, keys }: FlowDeps, at: FlowAt): Promise<boolean> {
  const { credential } = at.flow.state;
  if (credential?.kind !== 'connection' && credential?.kind !== 'code') return false;
  const connection = connectionOf(at.view, credential.connectionId);
  if (credential.kind === 'connection') {
    const identity = openIdentity(keys, credential.sealed);
    const known = await findProvidedIdentity(db, { connection, identity });
    return (known?.user.id ?? null) !== credential.userId;
  }
  const { email } = at.view.invitation;
  const account = await findAccountByEmail(db, { connectionId: connection.id, email });
  return (account?.linkedTo ?? account?.id ?? null) !== credential.userId;
}

/** The login of the flow counts only as long as the person's logins were not ended since. */
export function noteEpoch({ flow: { state } }: FlowAt): void {
  const { credential } = state;
  if (credential === null || !('epoch' in credential)) return;
  const { userId, epoch } = credential;
  if (userId !== null && epoch !== null) noteVersion(userId, epoch);
}

/** Returns the methods that the flow has seen (RFC 8176). There is none for a login at another server. */
export function amrOf({ keys }: FlowDeps, { flow, needs }: FlowAt): string[] {
  const first = amrOfWay(keys, flow.state.credential);
  const shown = shownFactors(flow.state, needs);
  const second = shown.includes('otp') ? 'otp' : shown.includes('sms') ? 'sms' : null;
  return second === null ? first : [...new Set([...first, 'mfa', second])];
}

function amrOfWay(keys: FlowDeps['keys'], credential: FlowCredential | null): string[] {
  switch (credential?.kind) {
    case 'passkey':
      return amrOfPasskey(openPasskey(keys, credential.sealed));
    case 'account':
    case 'existing-passkey':
      return credential.amr;
    case 'code':
      return ['otp'];
    case 'connection':
      return [];
    default:
      return ['pwd'];
  }
}

function connectionOf({ connections }: FlowAt['view'], id: string): Connection {
  const connection = connections.find((each) => each.id === id);
  if (connection === undefined) throw new Error('A flow has kept a proof that it does not take.');
  return connection;
}
