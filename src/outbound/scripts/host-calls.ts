import type { Egress } from '../../platform/egress/egress.ts';
import { callBridge, endCall } from './bridges/bridges.ts';
import { parseUntrusted } from './clean-json.ts';
import type { Json } from './script-types.ts';

export type HostCallDeps = { egress: Egress };

/** A call of a script to the server, as its process has sent it. */
type HostCall = { bridge: string; method: string; text: string };

/** Answers the calls of one run of a script, until it ends. */
export type HostCalls = {
  /** Resolves with JSON of `{ value }` or `{ error }`. */
  answer(call: HostCall): Promise<string>;
  end(): void;
};

const MAX_MESSAGE = 2000;
/** What a script may ask of the server in one run. */
const MAX_CALLS = 500;
const MAX_ANSWER_BYTES = 2 * 1024 * 1024;
const MAX_ANSWER_LENGTH = 8 * 1024 * 1024;

export function createHostCalls(
  deps: HostCallDeps,
  { callId, until }: { callId: string; until: number },
): HostCalls {
  const abort = new AbortController();
  const { signal } = abort;
  let count = 0;

  async function resultOf({ bridge, method, text }: HostCall): Promise<Json> {
    count += 1;
    if (count > MAX_CALLS) throw new Error('The script calls too often.');
    const args = parseUntrusted(text);
    if (!Array.isArray(args)) throw new Error('The arguments are no list.');
    if (bridge === 'fetch') {
      return fetchFor(deps.egress, args[0], { signal, timeoutMs: until - performance.now() });
    }
    return callBridge(deps, { callId, bridge, method, args, signal });
  }

  return {
    async answer(call) {
      try {
        const text = JSON.stringify({ value: (await resultOf(call)) ?? null });
        if (text.length <= MAX_ANSWER_LENGTH) return text;
        throw new Error('The answer is too large for a script.');
      } catch (error) {
        const { name, message, code } = error as Error & { code?: unknown };
        return JSON.stringify({
          error: {
            name: String(name),
            message: String(message).slice(0, MAX_MESSAGE),
            ...((typeof code === 'string' || typeof code === 'number') && { code }),
          },
        });
      }
    },
    end() {
      abort.abort(new Error('The run has ended.'));
      endCall(callId);
    },
  };
}

/** Makes the call that a script asks for with `fetch`. Bodies travel in base64. */
async function fetchFor(
  egress: Egress,
  asked: Json | undefined,
  { signal, timeoutMs }: { signal: AbortSignal; timeoutMs: number },
): Promise<Json> {
  const { url, method, headers, body, redirect } = (asked ?? {}) as Record<string, Json>;
  const answer = await egress.fetch(String(url), {
    method: String(method ?? 'GET'),
    headers: (headers ?? []) as [string, string][],
    ...(typeof body === 'string' && { body: Buffer.from(body, 'base64') }),
    redirect: redirect === 'manual' || redirect === 'error' ? redirect : 'follow',
    signal,
    timeoutMs: Math.max(1, Math.ceil(timeoutMs)),
    maxBytes: MAX_ANSWER_BYTES,
  });
  return {
    status: answer.status,
    statusText: answer.statusText,
    url: answer.url,
    headers: [...answer.headers],
    body: Buffer.from(await answer.arrayBuffer()).toString('base64'),
  };
}
