import { noteVersion } from '../../platform/request-context/request-context.ts';
import { completeFlow } from '../../records/invitation-flows/invitation-flows.ts';
import {
  LOGIN_TICKET_SECONDS,
  type LoginTicket,
} from '../../records/login-handoffs/login-handoffs.ts';
import type { SignInDeps } from '../../steps/sign-in-by-proof/sign-in-by-proof.ts';
import { acceptByProof } from './by-proof/by-proof.ts';
import type { FlowStepped } from './change-flow.ts';
import { shownFactors } from './flow-steps.ts';
import { type FlowAt, type FlowDeps, viewFlow } from './flow-view.ts';
import { giveEntered } from './give-entered.ts';
import { noteOutcome } from './note-outcome.ts';
import type { AcceptedInvitation, Proof } from './proof.ts';

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
  const proof = proofOf(at);
  if (proof.kind === 'account') noteEpoch(at);
  let recoveryCode: string | null = null;
  const outcome = await acceptByProof(deps, {
    view: at.view,
    secret: at.secret,
    proof,
    completion: {
      ticket: { amr: amrOf(at), request: input.request },
      async alongside(tx, accepted) {
        if (!(await completeFlow(tx, { seen: at.flow, now: accepted.at }))) return false;
        recoveryCode = await giveEntered(deps, tx, at, accepted);
        return true;
      },
    },
  });
  if (outcome?.kind !== 'done') {
    if (outcome !== null) noteOutcome(deps.audit, outcome);
    const now = await viewFlow(deps, input.secret);
    return now.kind === 'open' ? { kind: 'changed', at: now.at } : now;
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

function proofOf({ flow: { state } }: FlowAt): Proof {
  const { credential } = state;
  if (credential === null) throw new Error('A flow without a way to log in is not complete.');
  if (credential.kind === 'existing') {
    return { kind: 'account', userId: credential.userId, hasLoggedIn: true };
  }
  const { phc, historySize } = credential;
  return { kind: 'password', password: { phc, historySize } };
}

/** The login of the flow counts only as long as the person's logins were not ended since. */
function noteEpoch({ flow: { state } }: FlowAt): void {
  const { credential } = state;
  if (credential?.kind === 'existing') noteVersion(credential.userId, credential.epoch);
}

/** Returns the methods of the factors that the flow has seen (RFC 8176). */
function amrOf({ flow, needs }: FlowAt): string[] {
  const shown = shownFactors(flow.state, needs);
  if (shown.includes('otp')) return ['pwd', 'mfa', 'otp'];
  return shown.includes('sms') ? ['pwd', 'mfa', 'sms'] : ['pwd'];
}
