import { parseUntrusted } from './clean-json.ts';
import type { HostCalls } from './host-calls.ts';
import type { FromSandbox } from './messages.ts';
import type { Json, ScriptCall, ScriptLine, ScriptOutcome } from './script-types.ts';

/** One run of a script, from the request to its outcome. */
export type Run = {
  call: ScriptCall;
  /** Runs with the same key share an isolate. */
  key: string;
  apiSource: string;
  /** JSON of `{ args, globals }`. */
  payload: string;
  /** By the clock of `performance`. */
  askedAt: number;
  until: number;
  /** Whether it has called the server. Then it cannot run again, because the call may have changed something. */
  hasAsked: boolean;
  /** A run whose process has ended is tried once more, with no other beside it. */
  isAlone: boolean;
  isStarted: boolean;
  host: HostCalls | null;
  /** Called once. */
  finish(outcome: Outcome): void;
};

/** An outcome without its duration. */
export type Outcome = ScriptOutcome extends infer One
  ? One extends ScriptOutcome
    ? Omit<One, 'tookMs'>
    : never
  : never;

export const MAX_LINES = 256;
export const MAX_LINE_LENGTH = 1000;
export const MAX_TEXT_LENGTH = 1024 * 1024;
const LEVELS = new Set(['log', 'info', 'warn', 'error', 'debug']);

/** Returns what a process says about a run as an outcome. It may say anything. */
export function outcomeOf(message: Extract<FromSandbox, { type: 'end' }>): Outcome {
  const lines = linesOf(message.lines);
  const text = String(message.text);
  if (text.length > MAX_TEXT_LENGTH + 1000) {
    return { kind: 'unusable', problem: 'The result is too large.', lines };
  }
  switch (message.kind) {
    case 'returned': {
      const parsed = parseUntrusted(text);
      const { values, commands } = (isObject(parsed) ? parsed : {}) as Record<string, Json>;
      if (!Array.isArray(values) || !Array.isArray(commands) || !commands.every(isCommand)) {
        return { kind: 'unusable', problem: 'The result is no JSON, or too deep.', lines };
      }
      return { kind: 'returned', values, commands, lines };
    }
    case 'failed': {
      const parsed = parseUntrusted(text);
      const {
        name,
        message: said,
        more,
      } = (isObject(parsed) ? parsed : {}) as Record<string, Json>;
      const error = {
        name: typeof name === 'string' ? name : 'Error',
        message: typeof said === 'string' ? said : '',
        more: isObject(more) ? more : {},
      };
      return { kind: 'failed', error, lines };
    }
    case 'timed-out':
      return { kind: 'timed-out', lines };
    case 'invalid':
    case 'unusable':
      return { kind: message.kind, problem: text, lines };
    default:
      return { kind: 'crashed', problem: text, lines };
  }
}

function isObject(value: Json | undefined): value is { [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isCommand(value: Json): value is { name: string; args: Json[] } {
  return isObject(value) && typeof value.name === 'string' && Array.isArray(value.args);
}

function linesOf(lines: unknown): ScriptLine[] {
  if (!Array.isArray(lines)) return [];
  return lines.slice(0, MAX_LINES).map((line: Partial<ScriptLine> | null) => ({
    level: line?.level !== undefined && LEVELS.has(line.level) ? line.level : 'log',
    text: String(line?.text).slice(0, MAX_LINE_LENGTH),
  }));
}
