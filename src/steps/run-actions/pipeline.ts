import type { Json, ScriptOutcome, ScriptRunner } from '../../outbound/scripts/scripts.ts';
import type { Clock } from '../../platform/clock/clock.ts';
import type { Keys } from '../../platform/crypto/crypto.ts';
import type { Db } from '../../platform/db/db.ts';
import type { Log } from '../../platform/log/log.ts';
import {
  type ActionResult,
  type DeployedAction,
  HANDLERS,
  insertExecution,
  type Trigger,
} from '../../records/actions/actions.ts';
import type { Audit } from '../../records/logs/logs.ts';
import type { ActionCache } from './action-cache.ts';

export type ActionsDeps = {
  db: Db;
  clock: Clock;
  keys: Keys;
  log: Log;
  audit: Audit;
  scripts: ScriptRunner;
  cache: ActionCache;
};

/** What an action asks for: the path of the function, such as `accessToken.setCustomClaim`, and its arguments. */
export type Command = { name: string; args: Json[] };

type JsonObject = { [key: string]: Json };

/** Whom the tenant log names if a script fails. */
export type AboutRun = Pick<
  Parameters<Audit['record']>[0],
  'userId' | 'userName' | 'clientId' | 'connectionId' | 'ip'
>;

export type PipelineInput = {
  trigger: Trigger;
  /** The argument `event`, without its secrets. */
  event: JsonObject;
  /** What the functions of `api` need: see `outbound/scripts/inside/action-api.js`. */
  data?: JsonObject;
  /** The action that has sent the browser away. The run goes on with it. */
  resume?: string | undefined;
  /** Whom the tenant log names if an action fails. */
  about: AboutRun;
};

export type PipelineOutcome =
  /** Nothing is deployed for the trigger. */
  | { kind: 'none' }
  | { kind: 'ended'; commands: Command[] }
  /** An action has refused. Its last command says why. Later ones have not run. */
  | { kind: 'stopped'; commands: Command[] }
  /** An action sends the browser away. Later ones run when it is back. */
  | { kind: 'suspended'; commands: Command[]; actionId: string }
  /** An action has failed. The tenant log says why. */
  | { kind: 'failed'; problem: string };

/** Milliseconds for all actions of one execution, as at Auth0. */
export const BUDGET_MS = 20_000;

const REFUSALS = new Set(['access.deny', 'validation.error']);

/** Runs actions in their order, until one refuses, sends the browser away or fails. */
export async function runPipeline(
  deps: ActionsDeps,
  actions: DeployedAction[],
  input: PipelineInput,
): Promise<PipelineOutcome> {
  const { clock } = deps;
  const { trigger, resume } = input;
  const startedAt = clock.now();
  const first = resume === undefined ? 0 : actions.findIndex((each) => each.actionId === resume);
  if (resume === undefined && actions.length === 0) return { kind: 'none' };
  const endsAt = performance.now() + BUDGET_MS;
  const commands: Command[] = [];
  const results: ActionResult[] = [];
  let { event } = input;
  let outcome: PipelineOutcome = { kind: 'ended', commands };
  if (first < 0) outcome = { kind: 'failed', problem: 'The action is not deployed any more.' };
  for (const action of first < 0 ? [] : actions.slice(first)) {
    if (action.actionId === resume && !hasContinuation(trigger, action)) continue;
    const began = clock.now();
    const isContinued = action.actionId === resume;
    const run = await runOne(deps, action, {
      ...input,
      event,
      isContinued,
      timeoutMs: Math.max(1, endsAt - performance.now()),
    });
    const problem = problemOf(run);
    results.push({
      actionName: action.name,
      error: problem === null ? null : { id: run.kind, message: problem },
      startedAt: began,
      endedAt: clock.now(),
      lines: run.lines,
    });
    if (problem !== null) {
      outcome = { kind: 'failed', problem: `${action.name}: ${problem}` };
      break;
    }
    const asked = run.kind === 'returned' ? run.commands : [];
    keepCached(deps.cache, trigger, asked);
    commands.push(...asked.filter(({ name }) => !name.startsWith('cache.')));
    event = withMetadata(event, asked, clock.now());
    if (asked.some(({ name }) => REFUSALS.has(name))) {
      outcome = { kind: 'stopped', commands };
      break;
    }
    if (asked.some(({ name }) => name === 'redirect.sendUserTo')) {
      outcome = { kind: 'suspended', commands, actionId: action.actionId };
      break;
    }
  }
  note(deps, input, { outcome, results, startedAt });
  return outcome;
}

/** Returns whether an action wants to know that the browser is back. */
function hasContinuation(trigger: Trigger, { code }: DeployedAction): boolean {
  const name = HANDLERS[trigger].resume;
  return name !== undefined && code.includes(name);
}

async function runOne(
  deps: ActionsDeps,
  action: DeployedAction,
  input: PipelineInput & { isContinued: boolean; timeoutMs: number },
): Promise<ScriptOutcome> {
  const { trigger, event, data, isContinued, timeoutMs } = input;
  const handlers = HANDLERS[trigger];
  const cache = deps.cache.entriesOf(trigger, deps.clock.now().getTime());
  const handler = (isContinued && handlers.resume) || handlers.execute;
  return deps.scripts.run({
    owner: `action ${action.actionId}`,
    source: action.code,
    shape: 'action',
    handler,
    api: 'action-api',
    args: [{ ...event, secrets: action.secrets, configuration: {} }],
    globals: { [API_DATA]: { ...data, trigger, cache, isContinued } },
    timeoutMs,
  });
}

/** The name under which the program of `api` finds its data. It is gone when the action starts. */
export const API_DATA = '__api';

/** Returns why a run did not end well, or `null`. */
export function problemOf(run: ScriptOutcome): string | null {
  switch (run.kind) {
    case 'returned':
      return null;
    case 'failed':
      return `${run.error.name}: ${run.error.message}`;
    case 'timed-out':
      return 'It did not end in time.';
    case 'busy':
      return 'Too many scripts are running.';
    default:
      return run.problem;
  }
}

function keepCached(cache: ActionCache, trigger: Trigger, commands: Command[]): void {
  for (const { name, args } of commands) {
    const [key, value, expiresAt] = args;
    if (typeof key !== 'string') continue;
    if (name === 'cache.delete') cache.delete(trigger, key);
    if (name === 'cache.set' && typeof value === 'string' && typeof expiresAt === 'number') {
      cache.set(trigger, key, { value, expiresAt });
    }
  }
}

const METADATA: Record<string, string> = {
  'user.setAppMetadata': 'app_metadata',
  'user.setUserMetadata': 'user_metadata',
};

/** Returns the event as the next action sees it. */
function withMetadata(event: JsonObject, commands: Command[], now: Date): JsonObject {
  let { user, authentication } = event;
  for (const { name, args } of commands) {
    if (name === 'authentication.recordMethod' && isObject(authentication)) {
      const { methods } = authentication;
      const recorded = { name: args[0] ?? '', timestamp: now.toISOString() };
      authentication = {
        ...authentication,
        methods: [...(Array.isArray(methods) ? methods : []), recorded],
      };
    }
    const field = METADATA[name];
    const [key, value = null] = args;
    if (field === undefined || typeof key !== 'string' || !isObject(user)) continue;
    const before = isObject(user[field]) ? user[field] : {};
    const { [key]: _, ...others } = before;
    user = { ...user, [field]: value === null ? others : { ...others, [key]: value } };
  }
  return {
    ...event,
    ...(user !== undefined && { user }),
    ...(authentication !== undefined && { authentication }),
  };
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Stores what the actions did, beside the answer, and logs a failure. */
function note(
  { db, clock, log, audit }: ActionsDeps,
  { trigger, about }: PipelineInput,
  {
    outcome,
    results,
    startedAt,
  }: { outcome: PipelineOutcome; results: ActionResult[]; startedAt: Date },
): void {
  const id = crypto.randomUUID();
  const status = { ended: 'final', suspended: 'suspended' } as const;
  insertExecution(db, {
    id,
    trigger,
    status:
      outcome.kind === 'ended' || outcome.kind === 'suspended' ? status[outcome.kind] : 'partial',
    results,
    startedAt,
    endedAt: clock.now(),
  }).catch((error: unknown) => log.warn({ err: error }, 'execution of actions not stored'));
  if (outcome.kind !== 'failed') return;
  audit.record({
    ...about,
    type: 'actions_execution_failed',
    description: `An action of the trigger ${trigger} has failed.`,
    details: { trigger, error: outcome.problem.slice(0, 1000), executions: [id] },
  });
}
