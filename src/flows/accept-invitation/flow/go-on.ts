import { changeFlow } from '../../../records/invitation-flows/invitation-flows.ts';
import type { Audit } from '../../../records/logs/logs.ts';
import { wrongAccount } from '../judge-account.ts';
import type { AcceptableInvitation, AcceptedInvitation, AcceptOutcome, Proof } from '../proof.ts';
import type { FlowStepped } from './change-flow.ts';
import { choosePasswordInFlow, enterProfile, type RefusedFlowPassword } from './enter-flow.ts';
import {
  enterAccount,
  enterCode,
  enterIdentity,
  enterPasskey,
  type RefusedIdentity,
} from './enter-shown.ts';
import { stateForAnotherBrowser } from './flow-steps.ts';
import type { FlowAt, FlowDeps } from './flow-view.ts';
import { startInvitationFlow } from './start-flow.ts';

/** Where an acceptance on a hosted page waits for its next step. */
export type Waiting = {
  kind: 'goes-on';
  at: FlowAt;
  /** The secret of the flow, for this browser. */
  flowSecret: string;
};

/** Another request has changed something at the same moment. The person tries again. */
type Overtaken = { kind: 'overtaken'; view: AcceptableInvitation };

export type WentOn =
  | Waiting
  | Overtaken
  | Exclude<AcceptOutcome, AcceptedInvitation>
  | { kind: 'throttled'; retryAfterSeconds: number };

/**
 * Keeps what a person has entered on a hosted page in a flow, because a step is missing: the acceptance goes on there. This browser takes
 * over from another that was on the way, as the page says when it knows.
 * @param input.held the secret of the flow that this browser has
 * @param input.profile the fields, checked
 */
export async function goOnInFlow(
  deps: FlowDeps & { audit: Audit },
  input: {
    view: AcceptableInvitation;
    secret: string;
    proof: Proof;
    profile: Record<string, unknown>;
    held: string | null;
    ip: string;
  },
): Promise<WentOn> {
  const overtaken: Overtaken = { kind: 'overtaken', view: input.view };
  const { view, secret: link, proof, profile, held, ip } = input;
  const { clientId } = view.invitation;
  const started = await startInvitationFlow(deps, { clientId, link, held, takesOver: true, ip });
  if (started.kind === 'throttled') return started;
  if (started.kind !== 'open') return overtaken;
  const flowSecret = started.secret ?? held;
  if (flowSecret === null) return overtaken;
  if (started.secret === null && !(await forgetShown(deps, started.at))) return overtaken;
  if (started.at.needs.schema !== null) {
    const entered = await enterProfile(deps, { secret: flowSecret, fields: profile });
    if (entered.kind !== 'ok') return overtaken;
  }
  const shown = await enterProof(deps, { secret: flowSecret, proof });
  if (shown.kind === 'ok') return { kind: 'goes-on', at: shown.at, flowSecret };
  if (shown.kind !== 'refused') return overtaken;
  const { why } = shown;
  if (typeof why === 'object') {
    if (why.kind === 'throttled') return why;
    return view.kind === 'open' ? { kind: 'refused', why, view } : overtaken;
  }
  if (why === 'blocked') return { ...view, kind: 'blocked' };
  return wrongAccount(view, {
    userId: proof.kind === 'account' ? proof.userId : null,
    address: proof.kind === 'identity' ? proof.identity.email : null,
  });
}

/** A person who logs in anew may be another one. What was proved before in this browser must not become theirs. */
async function forgetShown({ db, clock }: FlowDeps, { flow }: FlowAt): Promise<boolean> {
  const state = stateForAnotherBrowser(flow.state);
  return (await changeFlow(db, { seen: flow, state, now: clock.now() })) !== null;
}

type Refused = RefusedFlowPassword | RefusedIdentity;

function enterProof(
  deps: FlowDeps & { audit: Audit },
  { secret, proof }: { secret: string; proof: Proof },
): Promise<FlowStepped<Refused>> {
  switch (proof.kind) {
    case 'password':
      if (typeof proof.password !== 'string')
        throw new Error('This password is in a flow already.');
      return choosePasswordInFlow(deps, { secret, password: proof.password });
    case 'passkey':
      return enterPasskey(deps, { secret, passkey: proof.passkey });
    case 'account':
      return enterAccount(deps, { secret, userId: proof.userId, amr: proof.amr ?? ['pwd'] });
    case 'identity':
      return enterIdentity(deps, { secret, ...proof });
    case 'code':
      return enterCode(deps, { secret, connection: proof.connection });
  }
}
