import { changeFlow, type FlowState } from '../../../records/invitation-flows/invitation-flows.ts';
import type { FlowAction } from './flow-steps.ts';
import { type FlowAt, type FlowDeps, type FlowEnd, flowAt, viewFlow } from './flow-view.ts';

/** How a step of a flow ends. */
export type FlowStepped<Refused = never> =
  | { kind: 'ok'; at: FlowAt }
  | { kind: 'refused'; at: FlowAt; why: Refused }
  /** The step is not possible now. */
  | { kind: 'out-of-order'; at: FlowAt }
  /** Another request has changed the flow at the same moment. */
  | { kind: 'changed'; at: FlowAt }
  | FlowEnd;

/** What a step decides before it is stored. */
export type Decided<Refused> =
  | { kind: 'go-on'; change: Partial<FlowState> }
  | { kind: 'refused'; why: Refused; change?: Partial<FlowState> };

/**
 * Carries out one step of a flow: reads it, checks that the step is its turn, and stores the decision if the flow is still the one that was
 * read. Of many steps at once, one counts.
 * @param input.action the step. `null`: it is possible whenever the flow is open
 */
export async function stepFlow<Refused>(
  deps: FlowDeps,
  input: { secret: string; action: FlowAction | null },
  decide: (at: FlowAt) => Promise<Decided<Refused>>,
): Promise<FlowStepped<Refused>> {
  const viewed = await viewFlow(deps, input.secret);
  if (viewed.kind !== 'open') return viewed;
  const { at } = viewed;
  if (input.action !== null && !at.next.includes(input.action)) return { kind: 'out-of-order', at };
  const decided = await decide(at);
  if (decided.kind === 'refused' && decided.change === undefined) {
    return { kind: 'refused', at, why: decided.why };
  }
  const state = { ...at.flow.state, ...decided.change };
  const changed = await changeFlow(deps.db, { seen: at.flow, state, now: deps.clock.now() });
  if (changed === null) return { kind: 'changed', at };
  const now = await flowAt(deps, { ...at, flow: changed });
  return decided.kind === 'go-on'
    ? { kind: 'ok', at: now }
    : { kind: 'refused', at: now, why: decided.why };
}
