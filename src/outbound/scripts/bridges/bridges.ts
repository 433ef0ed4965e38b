import type { Egress } from '../../../platform/egress/egress.ts';
import type { Json } from '../script-types.ts';

export type BridgeDeps = { egress: Egress };

/** A call of a script to the server, made with `host` inside of the isolate. */
export type BridgeCall = {
  /** Names the run of the script that calls. */
  callId: string;
  bridge: string;
  method: string;
  args: Json[];
  /** Aborted when the run ends. */
  signal: AbortSignal;
};

/**
 * Does for a script what an isolate cannot do.
 * @throws Error with a message for the script. Its `code`, if any, reaches the script too.
 */
export async function callBridge(_deps: BridgeDeps, call: BridgeCall): Promise<Json> {
  throw new Error(`There is no bridge ${call.bridge}.`);
}

/** Closes what a run has left open. */
export function endCall(_callId: string): void {}
