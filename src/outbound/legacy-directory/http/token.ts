import type { Clock } from '../../../platform/clock/clock.ts';
import { type Egress, EgressError } from '../../../platform/egress/egress.ts';
import { jsonIn } from '../answers.ts';
import type { HttpSettings } from './settings.ts';

type Deps = { egress: Egress; clock: Clock };
type TokenSettings = Extract<HttpSettings['authentication'], { kind: 'token' }>;

/** The access token of a directory, got once until it expires. */
export type TokenSource = {
  /** @throws EgressError if the token endpoint gives none */
  get(): Promise<string>;
  /** Forgets a token that the directory has refused. */
  forget(token: string): void;
};

const MOST_BYTES = 64 * 1024;
/** A token that expires on its way is none. */
const SPARE_MS = 30_000;
/** RFC 6749, 5.1: the lifetime may be missing. */
const DEFAULT_SECONDS = 300;
const MOST_SECONDS = 24 * 3600;

/** Gets tokens with the client credentials grant (RFC 6749, 4.4). Calls at the same time share one request. */
export function createTokenSource(
  deps: Deps,
  settings: TokenSettings & { timeoutMs: number },
): TokenSource {
  let current: { token: string; until: number } | null = null;
  let running: Promise<string> | null = null;

  async function renew(): Promise<string> {
    const { token, seconds } = await request(deps, settings);
    const life = Math.min(seconds, MOST_SECONDS) * 1000;
    // A short life is used for half of it at least.
    const until = deps.clock.now().getTime() + Math.max(life - SPARE_MS, life / 2);
    current = { token, until };
    return token;
  }

  return {
    async get() {
      if (current !== null && current.until > deps.clock.now().getTime()) return current.token;
      running ??= renew().finally(() => {
        running = null;
      });
      return running;
    },
    forget(token) {
      if (current?.token === token) current = null;
    },
  };
}

async function request(
  { egress }: Deps,
  settings: TokenSettings & { timeoutMs: number },
): Promise<{ token: string; seconds: number }> {
  const { url, clientId, clientSecret, audience, scope, timeoutMs } = settings;
  const body = new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: clientId,
    client_secret: clientSecret,
    ...(audience !== null && { audience }),
    ...(scope !== null && { scope }),
  });
  const answer = await egress.fetch(url, {
    method: 'POST',
    headers: { accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded' },
    body: `${body}`,
    redirect: 'error',
    timeoutMs,
    maxBytes: MOST_BYTES,
  });
  const read = jsonIn(await answer.text());
  const fields = typeof read === 'object' && read !== null ? { ...read } : {};
  const { access_token: token, expires_in: seconds, error }: Record<string, unknown> = fields;
  if (!answer.ok || typeof token !== 'string' || !/^[\x21-\x7e]{1,16384}$/.test(token)) {
    const code = typeof error === 'string' ? ` (${error.slice(0, 60)})` : '';
    throw new EgressError(
      'broken',
      `The token endpoint gave no token: status ${answer.status}${code}.`,
    );
  }
  const isTold = typeof seconds === 'number' && seconds > 0;
  return { token, seconds: isTold ? seconds : DEFAULT_SECONDS };
}
