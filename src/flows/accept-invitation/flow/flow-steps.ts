import type { ProfileSchema } from '../../../platform/profile-schema/profile-schema.ts';
import type { Connection } from '../../../records/connections/connections.ts';
import type {
  FlowCredential,
  FlowState,
} from '../../../records/invitation-flows/invitation-flows.ts';

/** What a flow waits for. `ready`: everything that is required is there. */
export type FlowStep =
  | 'profile'
  | 'credential'
  | 'factor'
  | 'phone-code'
  | 'totp-code'
  | 'ready'
  | 'done';

/** What a page can do next. */
export type FlowAction =
  | 'profile'
  | FlowWay
  | 'phone'
  | 'phone-code'
  | 'totp'
  | 'totp-code'
  | 'complete';

/**
 * A way to log in with which a flow can accept. The password or the passkey of an account that exists is `existing` something. On a hosted
 * page any account can log in, and the completion judges whether the invitation takes it.
 */
export type FlowWay = Exclude<FlowCredential['kind'], 'account'>;

/** A second factor that a flow enrolls. */
export type FlowFactor = 'sms' | 'otp';

/** What an invitation asks for and offers now. */
export type FlowNeeds = {
  schema: ProfileSchema | null;
  /** The ways to log in. One of them is needed. */
  ways: FlowWay[];
  /** The identity providers. */
  providers: Connection[];
  /** Second factors that the server has enabled. Empty if the account has one: a password alone must not add another. */
  offered: FlowFactor[];
  /** The acceptance needs one of them. Empty: none. */
  required: FlowFactor[];
  /** Whether factors that a flow cannot enroll are allowed, too: the login that follows offers all of them. */
  isChoiceAtLogin: boolean;
  /** Whether a code to the invited address is one of the required factors. */
  isAddressEnough: boolean;
  /** Whether people get a recovery code with their first factor. */
  givesRecoveryCode: boolean;
};

/** What was entered, as far as it decides what comes next. `way`: how the person will log in. */
export type Entered = Pick<FlowState, 'profile' | 'phone' | 'totp'> & {
  way: FlowCredential['kind'] | null;
};

/**
 * Returns what a flow waits for, and what can be done next. The order is: fields, a way to log in, second factors, completion. An earlier
 * step can be repeated until the flow completes.
 */
export function stepOf(state: Entered, needs: FlowNeeds): { step: FlowStep; next: FlowAction[] } {
  const fields: FlowAction[] = needs.schema === null ? [] : ['profile'];
  if (needs.schema !== null && state.profile === null) return { step: 'profile', next: fields };
  const { ways } = needs;
  if (state.way === null || (state.way !== 'account' && !ways.includes(state.way))) {
    return { step: 'credential', next: [...ways, ...fields] };
  }
  const factors: FlowAction[] = needs.offered.map((factor) =>
    factor === 'sms' ? 'phone' : 'totp',
  );
  const before: FlowAction[] = [...factors, ...ways, ...fields];
  const isComplete = hasRequired(state, needs);
  const onward: FlowAction[] = isComplete ? ['complete', ...before] : before;
  if (needs.offered.includes('sms') && state.phone?.code) {
    return { step: 'phone-code', next: ['phone-code', ...onward] };
  }
  if (needs.offered.includes('otp') && state.totp?.step === null) {
    return { step: 'totp-code', next: ['totp-code', ...onward] };
  }
  return isComplete ? { step: 'ready', next: onward } : { step: 'factor', next: onward };
}

/** Returns whether the flow has one of the required factors. */
function hasRequired(state: Entered, needs: FlowNeeds): boolean {
  if (needs.required.length === 0 || needs.isAddressEnough) return true;
  const shown = shownFactors(state, needs);
  return needs.required.some((factor) => shown.includes(factor));
}

/** Returns the offered factors that the person has shown in the flow. */
export function shownFactors(
  { phone, totp }: Pick<FlowState, 'phone' | 'totp'>,
  { offered }: Pick<FlowNeeds, 'offered'>,
): FlowFactor[] {
  return offered.filter((factor) =>
    factor === 'sms' ? phone?.isProved === true : totp !== null && totp.step !== null,
  );
}

/**
 * Returns what another browser may see and use of a flow that it takes over: what was typed, but nothing that the former browser has
 * proved. Otherwise a stranger with the link could leave a factor of their own.
 */
export function stateForAnotherBrowser(state: FlowState): FlowState {
  const { campaignId, profile, phone } = state;
  return {
    campaignId,
    profile,
    credential: null,
    phone: phone && { ...phone, code: null, isProved: false },
    totp: null,
  };
}
