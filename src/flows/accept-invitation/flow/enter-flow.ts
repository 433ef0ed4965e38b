import {
  checkProfile,
  type FieldProblem,
} from '../../../platform/profile-schema/profile-schema.ts';
import type { Audit } from '../../../records/logs/logs.ts';
import { countAttempt, secondsLeft, throttleKey } from '../../../records/throttles/throttles.ts';
import {
  type ChosenPassword,
  judgePassword,
  type RefusedPassword,
} from '../../../steps/choose-password/choose-password.ts';
import { aboutPerson } from '../ask-fields.ts';
import { type FlowStepped, stepFlow } from './change-flow.ts';
import type { FlowDeps } from './flow-view.ts';

/**
 * Stores the fields of the person, checked against the invitation's schema. A password that was chosen before must be chosen again, because
 * it may not contain what the person is called.
 */
export function enterProfile(
  deps: FlowDeps,
  input: { secret: string; fields: unknown },
): Promise<FlowStepped<FieldProblem[]>> {
  return stepFlow<FieldProblem[]>(
    deps,
    { ...input, action: 'profile' },
    async ({ flow, needs }) => {
      if (needs.schema === null) throw new Error('A flow without a schema has no step for fields.');
      const checked = checkProfile(needs.schema, input.fields);
      if (checked.kind === 'refused') return { kind: 'refused', why: checked.problems };
      const { credential } = flow.state;
      const kept = credential?.kind === 'password' ? null : credential;
      return { kind: 'go-on', change: { profile: checked.profile, credential: kept } };
    },
  );
}

/** `throttled`: this flow has chosen too many passwords, each of which costs a hash. */
export type RefusedFlowPassword =
  | RefusedPassword
  | { kind: 'throttled'; retryAfterSeconds: number };

const PASSWORDS_PER_HOUR = 30;
const HOUR_SECONDS = 3600;

/**
 * Stores the hash of a chosen password that passes every check. It becomes the password when the flow completes.
 * @param input.password as typed, or one that was checked and hashed before
 */
export function choosePasswordInFlow(
  deps: FlowDeps & { audit: Audit },
  input: { secret: string; password: string | ChosenPassword },
): Promise<FlowStepped<RefusedFlowPassword>> {
  const { password } = input;
  const step = { secret: input.secret, action: 'password' } as const;
  return stepFlow<RefusedFlowPassword>(deps, step, async ({ flow, view }) => {
    if (typeof password !== 'string') {
      return { kind: 'go-on', change: { credential: { kind: 'password', ...password } } };
    }
    const counter = { key: throttleKey('flow-password', flow.id), now: deps.clock.now() };
    const tried = await countAttempt(deps.db, { ...counter, windowSeconds: HOUR_SECONDS });
    if (tried > PASSWORDS_PER_HOUR) {
      const retryAfterSeconds = Math.max(1, await secondsLeft(deps.db, counter));
      return { kind: 'refused', why: { kind: 'throttled', retryAfterSeconds } };
    }
    const { user, connection, client } = view;
    if (connection === null) throw new Error('An invitation without a store takes no password.');
    const judged = await judgePassword(deps, {
      connection,
      accountId: user?.id ?? null,
      about: aboutPerson(view, flow.state.profile),
      password,
      clientId: client?.id,
    });
    if (judged.kind === 'refused') return { kind: 'refused', why: judged.why };
    return { kind: 'go-on', change: { credential: { kind: 'password', ...judged.chosen } } };
  });
}
