import type { Db } from '../../../platform/db/db.ts';
import { noteVersion } from '../../../platform/request-context/request-context.ts';
import {
  amrOfPasskey,
  hasSecondFactor,
} from '../../../records/authentication-methods/authentication-methods.ts';
import type { Connection } from '../../../records/connections/connections.ts';
import {
  completeFlow,
  type FlowCredential,
} from '../../../records/invitation-flows/invitation-flows.ts';
import {
  LOGIN_TICKET_SECONDS,
  type LoginTicket,
} from '../../../records/login-handoffs/login-handoffs.ts';
import { loginEpoch } from '../../../records/oidc-payloads/oidc-payloads.ts';
import type { SignInDeps } from '../../../steps/sign-in-by-proof/sign-in-by-proof.ts';
import { acceptByProof } from '../by-proof/by-proof.ts';
import { noteOutcome } from '../note-outcome.ts';
import type { AcceptedInvitation, Proof } from '../proof.ts';
import type { FlowStepped } from './change-flow.ts';
import { shownFactors } from './flow-steps.ts';
import { type FlowAt, type FlowDeps, viewFlow } from './flow-view.ts';
import { openIdentity, openPasskey } from './flow-ways.ts';
import { giveEntered } from './give-entered.ts';

export type CompletedFlow =
  | {
      kind: 'completed';
      accepted: AcceptedInvitation;
      /** One-time secret for the application's next authorization request, within a minute. */
      loginTicket: string | null;
      expiresInSeconds: number;
      /** Shown once, with the first second factor. */
      recoveryCode: string | null;
    }
  /** The account that was shown is not one that the invitation takes, or that can come in now. The flow goes on. */
  | { kind: 'not-taken'; why: 'wrong-account' | 'blocked' | 'unserved'; at: FlowAt }
  | Exclude<FlowStepped, { kind: 'ok' | 'refused' }>;

/**
 * Completes a flow. One transaction uses up the flow and the invitation, and gives everything: the password, the fields, the second factors
 * and what the invitation carries. Of many requests at once exactly one is `completed`, and a crash leaves everything as it was before.
 * @param input.request the authorization request that may use the login ticket, or `null` for any of the application
 */
export async function completeInvitationFlow(
  deps: FlowDeps & SignInDeps,
  input: { secret: string; request: LoginTicket['request'] },
): Promise<CompletedFlow> {
  const viewed = await viewFlow(deps, input.secret);
  if (viewed.kind !== 'open') return viewed;
  const { at } = viewed;
  if (!at.next.includes('complete')) return { kind: 'out-of-order', at };
  const proof = proofOf(deps, at);
  noteEpoch(at);
  let recoveryCode: string | null = null;
  const outcome = await acceptByProof(deps, {
    view: at.view,
    secret: at.secret,
    proof,
    completion: {
      ticket: { amr: amrOf(deps, at), request: input.request },
      async alongside(tx, accepted) {
        if (!(await completeFlow(tx, { seen: at.flow, now: accepted.at }))) return false;
        if (!(await mayBeGiven(tx, at, accepted.userId))) return false;
        recoveryCode = await giveEntered(deps, tx, at, accepted);
        return true;
      },
    },
  });
  if (outcome?.kind !== 'done') {
    if (outcome !== null) noteOutcome(deps.audit, outcome);
    const now = await viewFlow(deps, input.secret);
    if (now.kind !== 'open') return now;
    const why = outcome?.kind;
    return why === 'wrong-account' || why === 'blocked' || why === 'unserved'
      ? { kind: 'not-taken', why, at: now.at }
      : { kind: 'changed', at: now.at };
  }
  noteOutcome(deps.audit, outcome);
  return {
    kind: 'completed',
    accepted: outcome,
    loginTicket: outcome.handoff,
    expiresInSeconds: LOGIN_TICKET_SECONDS,
    recoveryCode,
  };
}

function proofOf({ keys }: FlowDeps, { flow: { state }, view }: FlowAt): Proof {
  const { credential } = state;
  switch (credential?.kind) {
    case undefined:
      throw new Error('A flow without a way to log in is not complete.');
    case 'existing':
      return { kind: 'account', userId: credential.userId, hasLoggedIn: true };
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

function connectionOf({ connections }: FlowAt['view'], id: string): Connection {
  const connection = connections.find((each) => each.id === id);
  if (connection === undefined) throw new Error('A flow has kept a proof that it does not take.');
  return connection;
}

/** The login of the flow counts only as long as the person's logins were not ended since. */
function noteEpoch({ flow: { state } }: FlowAt): void {
  const { credential } = state;
  if (credential?.kind !== 'existing' && credential?.kind !== 'connection') return;
  const { userId, epoch } = credential;
  if (userId !== null && epoch !== null) noteVersion(userId, epoch);
}

/**
 * Returns whether the flow may give to this person what was entered. What another account has proved may lead to a person who has a second
 * factor: that must be shown at the login, and the flow must not add another.
 */
async function mayBeGiven(tx: Db, { flow, needs }: FlowAt, userId: string): Promise<boolean> {
  const { credential } = flow.state;
  const isKnown = credential?.kind === 'connection' && credential.userId === userId;
  if (isKnown && !(await loginEpoch.isCurrent(tx, userId))) return false;
  const isEnrolling = shownFactors(flow.state, needs).length > 0 || needs.isAddressEnough;
  return !isEnrolling || !(await hasSecondFactor(tx, userId));
}

/** Returns the methods that the flow has seen (RFC 8176). There is none for a login at another server. */
function amrOf({ keys }: FlowDeps, { flow, needs }: FlowAt): string[] {
  const first = amrOfWay(keys, flow.state.credential);
  const shown = shownFactors(flow.state, needs);
  const second = shown.includes('otp') ? 'otp' : shown.includes('sms') ? 'sms' : null;
  return second === null ? first : [...new Set([...first, 'mfa', second])];
}

function amrOfWay(keys: FlowDeps['keys'], credential: FlowCredential | null): string[] {
  switch (credential?.kind) {
    case 'passkey':
      return amrOfPasskey(openPasskey(keys, credential.sealed));
    case 'code':
      return ['otp'];
    case 'connection':
      return [];
    default:
      return ['pwd'];
  }
}
