import type { ScriptLine } from './script-types.ts';

/** Limits that a sandbox process keeps by itself. Sizes of texts are in UTF-16 units. */
export type SandboxLimits = {
  /** Megabytes of one isolate. */
  memoryMb: number;
  /** Megabytes of the process above which idle isolates end. Above twice of it, the process ends. */
  processMemoryMb: number;
  /** Milliseconds that a script may run without giving way. */
  cpuMs: number;
  maxIsolates: number;
  maxLines: number;
  maxLineLength: number;
  maxTextLength: number;
};

/** From the server to a sandbox process. Values of scripts travel as JSON texts. */
export type ToSandbox =
  | { type: 'start'; limits: SandboxLimits; prelude: string }
  | { type: 'modules'; sources: Record<string, string> }
  | {
      type: 'call';
      id: number;
      /** Calls with the same key share an isolate. */
      key: string;
      shape: 'function' | 'module' | 'action';
      source: string;
      handler: string;
      /** The source of the program that makes the last argument of an action. */
      api: string;
      /** `{ args, globals }` */
      payload: string;
      timeoutMs: number;
    }
  | { type: 'reply'; id: number; seq: number; text: string };

/** From a sandbox process to the server, which trusts none of it. */
export type FromSandbox =
  | { type: 'ready' }
  | { type: 'host'; id: number; seq: number; bridge: string; method: string; text: string }
  | {
      type: 'end';
      id: number;
      kind: 'returned' | 'failed' | 'invalid' | 'timed-out' | 'crashed' | 'unusable';
      /** JSON of the result or of the error. For the others, the problem. */
      text: string;
      lines: ScriptLine[];
    }
  /** The process is about to end, because of this script. */
  | { type: 'suspect'; key: string };
