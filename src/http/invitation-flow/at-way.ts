import { type FlowAt, viewFlow } from '../../flows/accept-invitation/accept-invitation.ts';
import { endProblem, stateOf } from './answers.ts';
import type { InvitationFlowDeps } from './deps.ts';
import { FlowProblem } from './flow-problem.ts';

type Way = 'connection' | 'passkey' | 'existing-passkey' | 'code';

/** Returns the flow. @throws FlowProblem if it does not take this way now */
export async function atWay(deps: InvitationFlowDeps, secret: string, way: Way): Promise<FlowAt> {
  const viewed = await viewFlow(deps, secret);
  if (viewed.kind !== 'open') throw endProblem(viewed);
  const { at } = viewed;
  if (!at.next.includes(way)) throw new FlowProblem(409, 'wrong_step', { state: stateOf(at) });
  return at;
}
