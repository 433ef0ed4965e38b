import {
  changeFlow,
  findFlow,
  findFlowOf,
  newFlowSecret,
  startFlow,
} from '../../../records/invitation-flows/invitation-flows.ts';
import type { Audit } from '../../../records/logs/logs.ts';
import { countTrace } from '../../../steps/limit-traces/limit-traces.ts';
import { viewInvitation } from '../view-invitation.ts';
import { stateForAnotherBrowser } from './flow-steps.ts';
import { type FlowAt, type FlowDeps, type FlowEnd, flowAt } from './flow-view.ts';
import { hasNoWay } from './flow-ways.ts';

export type StartedFlow =
  /** `secret` is `null` if the browser goes on with the one that it has. */
  | { kind: 'open'; at: FlowAt; secret: string | null }
  /** Another browser is on the way with this link. */
  | { kind: 'under-way' }
  | { kind: 'throttled'; retryAfterSeconds: number }
  | Exclude<FlowEnd, { kind: 'done' }>;

/**
 * Starts the acceptance of an invitation on a page of its application, and binds it to the browser that keeps the secret. The link stays
 * valid until the flow completes. Another browser with the link is told that a flow is under way. It can take over explicitly: what was
 * typed stays, what was proved or chosen in the other browser does not, and that browser's part ends.
 * @param input.clientId the application whose page asks; a link of another one is unknown to it. `null`: of a hosted page
 * @param input.held the secret that this browser has, with which it goes on
 */
export async function startInvitationFlow(
  deps: FlowDeps & { audit: Audit },
  input: {
    clientId: string | null;
    link: string;
    held: string | null;
    takesOver: boolean;
    ip: string;
  },
): Promise<StartedFlow> {
  const { db, clock } = deps;
  const { clientId, link, held, takesOver, ip } = input;
  const now = clock.now();
  const view = await viewInvitation(deps, link);
  if (view.kind === 'unknown' || view.invitation.clientId !== clientId) return { kind: 'unknown' };
  if (view.kind !== 'open' && view.kind !== 'login') return { kind: 'closed', view };
  if (hasNoWay(deps, view)) return { kind: 'no-way', view };
  const opened = async (flow: FlowAt['flow'], secret: string | null): Promise<StartedFlow> => {
    return { kind: 'open', at: await flowAt(deps, { flow, secret: link, view }), secret };
  };
  const { id: invitationId, campaignId } = view.invitation;
  const own = held === null ? null : await findFlow(db, { secret: held, now });
  const goesOn = own?.invitationId === invitationId && own.state.campaignId === campaignId;
  if (goesOn && own.completedAt === null) return opened(own, null);
  const seconds = await countTrace(db, { kind: 'InvitationFlow', ip, now });
  if (seconds > 0) return { kind: 'throttled', retryAfterSeconds: seconds };
  const started = await startFlow(db, { invitationId, clientId, campaignId, now });
  if (started !== null) return opened(started.flow, started.secret);
  const other = await findFlowOf(db, { invitationId, now });
  if (other === null || !takesOver) return { kind: 'under-way' };
  const secret = newFlowSecret();
  const state = stateForAnotherBrowser(other.state);
  const taken = await changeFlow(db, { seen: other, state, secret, now });
  return taken === null ? { kind: 'under-way' } : opened(taken, secret);
}
