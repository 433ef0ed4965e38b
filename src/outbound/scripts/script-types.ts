/** A value that JSON can say. Scripts get and give nothing else. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** A line that a script has written to its console. */
export type ScriptLine = { level: 'log' | 'info' | 'warn' | 'error' | 'debug'; text: string };

export type ScriptCall = {
  /** Names what the script belongs to, such as a connection and the name of its script. Calls of one owner and source share a warm isolate. */
  owner: string;
  /** As the operator has written it. */
  source: string;
  /**
   * How the source is called. `function`: it is one function expression that gets `args` and a callback, and may return a promise. `module`:
   * it assigns functions to `exports` (or one to `module.exports`), and `handler` names the one that is called. `action`: like `module`, but the last
   * argument is an object of functions, made by the program `api` inside of the isolate.
   */
  shape: 'function' | 'module' | 'action';
  handler?: string;
  /** The name of a program in `outbound/scripts/inside/`, which makes the last argument of an action. */
  api?: string;
  args: Json[];
  /** Global variables of the script, such as `configuration`. */
  globals?: Record<string, Json>;
  /** Milliseconds until the call is given up, waiting included. Default: 20 seconds, as at Auth0. */
  timeoutMs?: number;
};

/** What every outcome tells beside its kind. */
type ScriptRun = {
  lines: ScriptLine[];
  /** Milliseconds. */
  tookMs: number;
};

export type ScriptOutcome = ScriptRun &
  (
    | {
        kind: 'returned';
        /** What the callback got after the error, or the one value that the promise gave. */
        values: Json[];
        /** What an action has asked for, in its order: the path of the function, such as `accessToken.setCustomClaim`, and its arguments. */
        commands: { name: string; args: Json[] }[];
      }
    /** The script called back with an error, threw one, or rejected. `more`: further properties of the error, such as `code`. */
    | { kind: 'failed'; error: { name: string; message: string; more: Record<string, Json> } }
    /** The source is no program of this shape. */
    | { kind: 'invalid'; problem: string }
    /** It did not end in time. */
    | { kind: 'timed-out' }
    /** It used more memory than allowed, or its process ended. */
    | { kind: 'crashed'; problem: string }
    /** What it gave back is larger than allowed, or no JSON. */
    | { kind: 'unusable'; problem: string }
    /** Too many scripts are running. */
    | { kind: 'busy' }
  );

/** Runs scripts of operators, isolated from the server. */
export type ScriptRunner = {
  /** Runs a script once. What the script does never rejects the promise. */
  run(call: ScriptCall): Promise<ScriptOutcome>;
  close(): Promise<void>;
};
