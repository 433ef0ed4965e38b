import type { Clock } from '../../../platform/clock/clock.ts';
import type { Keys } from '../../../platform/crypto/crypto.ts';
import type { Db } from '../../../platform/db/db.ts';
import { hasSecondFactor } from '../../../records/authentication-methods/authentication-methods.ts';
import {
  allowedBy,
  type EnrollableFactor,
  enrollable,
  readFactorSettings,
} from '../../../records/factor-settings/factor-settings.ts';
import {
  type FlowState,
  findFlow,
  type InvitationFlow,
} from '../../../records/invitation-flows/invitation-flows.ts';
import { findInvitation, invitationSecret } from '../../../records/invitations/invitations.ts';
import { findUser } from '../../../records/users/users.ts';
import { fieldsAskedBy } from '../ask-fields.ts';
import {
  type InvitationView,
  type LoginInvitation,
  type OpenInvitation,
  viewInvitation,
} from '../view-invitation.ts';
import {
  type Entered,
  type FlowAction,
  type FlowFactor,
  type FlowNeeds,
  type FlowStep,
  stepOf,
} from './flow-steps.ts';
import { hasNoWay, knownUserOf, stateNow, waysOf } from './flow-ways.ts';

export type FlowDeps = {
  db: Db;
  clock: Clock;
  keys: Keys;
  /** An origin without a trailing slash. */
  publicUrl: string;
};

export type OpenView = OpenInvitation | LoginInvitation;

/** A flow that goes on, with its invitation as it is now. */
export type FlowAt = {
  flow: InvitationFlow;
  /** The secret of the invitation's link. */
  secret: string;
  view: OpenView;
  needs: FlowNeeds;
  step: FlowStep;
  next: FlowAction[];
};

/** Why a flow does not go on. */
export type FlowEnd =
  /** The secret belongs to no flow: it has expired, another browser has taken over, or the invitation was made anew. */
  | { kind: 'unknown' }
  /** This browser has completed the flow. */
  | { kind: 'done'; flow: InvitationFlow }
  /** The invitation takes none of the ways in which the person logs in. */
  | { kind: 'no-way'; view: OpenView }
  /** The invitation cannot be accepted now, or not any more. */
  | { kind: 'closed'; view: Exclude<InvitationView, OpenView> };

/** Returns the flow of a browser, at its present step. Changes nothing. */
export async function viewFlow(
  deps: FlowDeps,
  secret: string,
): Promise<{ kind: 'open'; at: FlowAt } | FlowEnd> {
  const { db, clock } = deps;
  const flow = await findFlow(db, { secret, now: clock.now() });
  if (flow === null) return { kind: 'unknown' };
  if (flow.completedAt !== null) return { kind: 'done', flow };
  const invitation = await findInvitation(db, flow.invitationId);
  if (invitation === null) return { kind: 'closed', view: { kind: 'unknown' } };
  // The browser has shown the link at the start. A renewed link is the same invitation. One that is made anew may go to another address.
  if (flow.state.campaignId !== invitation.campaignId) return { kind: 'unknown' };
  const link = invitationSecret(deps.keys.ticket, invitation);
  const view = await viewInvitation(deps, link);
  if (view.kind !== 'open' && view.kind !== 'login') return { kind: 'closed', view };
  if (hasNoWay(deps, view)) return { kind: 'no-way', view };
  return { kind: 'open', at: await flowAt(deps, { flow, secret: link, view }) };
}

/** Returns a flow at its present step, with its invitation as this request has read it. */
export async function flowAt(
  deps: FlowDeps,
  { flow, secret, view }: Pick<FlowAt, 'flow' | 'secret' | 'view'>,
): Promise<FlowAt> {
  const state = stateNow(flow.state, view, deps.clock.now());
  const needs = await needsOf(deps, view, knownUserOf(state));
  return { flow: { ...flow, state }, secret, view, needs, ...stepOf(enteredIn(state), needs) };
}

/**
 * Returns what an invitation asks for and offers now.
 * @param knownId who has shown a way to log in, if a user has it already
 */
export async function needsOf(
  deps: FlowDeps,
  view: OpenView,
  knownId: string | null,
): Promise<FlowNeeds> {
  const { db } = deps;
  const { plan } = view.campaign;
  const settings = await readFactorSettings(db);
  const enabled = enrollable(settings);
  const user = (knownId === null ? null : await findUser(db, knownId)) ?? view.user;
  // What a stranger has enrolled ends with the acceptance. Every other factor is shown at the login that follows.
  const hasFactor = user !== null && !user.isUnproven && (await hasSecondFactor(db, user.id));
  const asked = plan.factors?.required ?? [];
  const isRuled = settings.policies.includes('all-applications');
  const allowed = asked.length > 0 ? allowedBy(asked, enabled) : isRuled ? enabled : [];
  const isAddressEnough = !hasFactor && asked.length > 0 && allowed.includes('email');
  const isElsewhere = (factor: EnrollableFactor) =>
    !isOffered(factor) && !(factor === 'email' && isAddressEnough);
  return {
    schema: fieldsAskedBy(view),
    ...waysOf(deps, view),
    offered: hasFactor ? [] : enabled.filter(isOffered),
    required: hasFactor ? [] : allowed.filter(isOffered),
    // The link proves the address, so a factor by mail needs no step.
    isAddressEnough,
    isChoiceAtLogin: !hasFactor && allowed.some(isElsewhere),
    givesRecoveryCode: settings.factors['recovery-code'],
  };
}

function enteredIn({ credential, ...state }: FlowState): Entered {
  return { ...state, way: credential?.kind ?? null };
}

/** Other factors are enrolled at the login that follows. */
function isOffered(factor: EnrollableFactor): factor is FlowFactor {
  return factor === 'sms' || factor === 'otp';
}
