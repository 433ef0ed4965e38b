import type { Db } from '../../../platform/db/db.ts';
import { hasSecondFactor } from '../../../records/authentication-methods/authentication-methods.ts';
import { changeFlow, completeFlow } from '../../../records/invitation-flows/invitation-flows.ts';
import type { LoginTicket } from '../../../records/login-handoffs/login-handoffs.ts';
import { loginEpoch } from '../../../records/oidc-payloads/oidc-payloads.ts';
import { acceptByProof } from '../by-proof/by-proof.ts';
import { noteOutcome } from '../note-outcome.ts';
import type { AcceptDeps, AcceptedInvitation } from '../proof.ts';
import type { FlowStepped } from './change-flow.ts';
import { shownFactors } from './flow-steps.ts';
import { type FlowAt, type FlowDeps, viewFlow } from './flow-view.ts';
import { giveEntered } from './give-entered.ts';
import { amrOf, isMoved, noteEpoch, proofOf } from './shown-proof.ts';

export type CompletedFlow =
  | {
      kind: 'completed';
      /** Its handoff is the login ticket, if one was asked for. */
      accepted: AcceptedInvitation;
      /** Shown once, with the first second factor. */
      recoveryCode: string | null;
    }
  /**
   * The account that was shown is not one that the invitation takes, or that can come in now. `outdated`: what was shown does not count any
   * more, and the flow has forgotten it. The flow goes on.
   */
  | { kind: 'not-taken'; why: 'wrong-account' | 'blocked' | 'unserved' | 'outdated'; at: FlowAt }
  | Exclude<FlowStepped, { kind: 'ok' | 'refused' }>;

/**
 * Completes a flow. One transaction uses up the flow and the invitation, and gives everything: the password, the fields, the second factors
 * and what the invitation carries. Of many requests at once exactly one is `completed`, and a crash leaves everything as it was before.
 * @param input.ticket the login travels in an address, for a page of the application. Its `request` may use it, or any of the application.
 *   `null`: the browser of a hosted page gets a login handoff
 */
export async function completeInvitationFlow(
  deps: FlowDeps & AcceptDeps,
  input: { secret: string; ticket: Pick<LoginTicket, 'request'> | null },
): Promise<CompletedFlow> {
  const viewed = await viewFlow(deps, input.secret);
  if (viewed.kind !== 'open') return viewed;
  const { at } = viewed;
  if (!at.next.includes('complete')) return { kind: 'out-of-order', at };
  if (await isMoved(deps, at)) return asksAgain(deps, input.secret, at);
  const proof = proofOf(deps, at);
  noteEpoch(at);
  const amr = amrOf(deps, at);
  let recoveryCode: string | null = null;
  const outcome = await acceptByProof(deps, {
    view: at.view,
    secret: at.secret,
    proof,
    completion: {
      amr,
      ...(input.ticket !== null && { ticket: { ...input.ticket, amr } }),
      async alongside(tx, accepted) {
        if (!(await completeFlow(tx, { seen: at.flow, now: accepted.at }))) return false;
        if (!(await mayBeGiven(tx, at, accepted.userId))) return false;
        recoveryCode = await giveEntered(deps, tx, at, accepted);
        return true;
      },
    },
  });
  if (outcome === null) return asksAgain(deps, input.secret, at);
  noteOutcome(deps.audit, outcome, { proof, factors: shownFactors(at.flow.state, at.needs) });
  if (outcome.kind !== 'done') {
    const now = await viewFlow(deps, input.secret);
    if (now.kind !== 'open') return now;
    const why = outcome.kind;
    return why === 'wrong-account' || why === 'blocked' || why === 'unserved'
      ? { kind: 'not-taken', why, at: now.at }
      : { kind: 'changed', at: now.at };
  }
  return {
    kind: 'completed',
    accepted: outcome,
    recoveryCode,
  };
}

/**
 * Returns why nothing was accepted. If nobody has changed the flow or ended the invitation, the account has changed: what was shown does not
 * count any more. The flow forgets it, so that the person logs in again. A password stays, because the next view of the account judges it.
 */
async function asksAgain(
  deps: FlowDeps,
  secret: string,
  { flow: seen }: FlowAt,
): Promise<Exclude<CompletedFlow, { kind: 'completed' }>> {
  const now = await viewFlow(deps, secret);
  if (now.kind !== 'open') return now;
  const { at } = now;
  const { state, version } = at.flow;
  const isSame = version === seen.version && state.credential !== null;
  if (!isSame || state.credential?.kind === 'password') return { kind: 'changed', at };
  const without = { ...state, credential: null };
  await changeFlow(deps.db, { seen: at.flow, state: without, now: deps.clock.now() });
  const after = await viewFlow(deps, secret);
  return after.kind === 'open' ? { kind: 'not-taken', why: 'outdated', at: after.at } : after;
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
