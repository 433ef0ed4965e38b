import type { Clock } from '../../platform/clock/clock.ts';
import { sha256 } from '../../platform/crypto/crypto.ts';
import type { Db } from '../../platform/db/db.ts';
import type { Audit } from '../../records/logs/logs.ts';
import { type Bucket, type Taken, takeTokens } from '../../records/rate-limits/rate-limits.ts';
import { addressKey } from '../../records/throttles/throttles.ts';
import {
  type EndpointLimit,
  type LimitedApi,
  type Limits,
  PROFILES,
  type Rate,
  type RequestLimitProfile,
} from './profiles.ts';

export { limitAnonymousRecord, limitTypedCode } from './limit-anonymous.ts';
export type { RequestLimitProfile } from './profiles.ts';

export type RequestToLimit = {
  api: LimitedApi;
  method: string;
  /** As the route is registered, with `:id` for parameters. */
  url: string;
  /**
   * The bucket that pays: the tenant's, a user's who calls with their own token, or an unauthenticated address's. `about` narrows an
   * endpoint's limit, for example to one email address.
   */
  payer:
    | { kind: 'tenant' }
    | { kind: 'user'; userId: string }
    | { kind: 'address'; ip: string; about?: string };
  /** Only for the tenant log. */
  ip: string;
  clientId: string | null;
};

export type Verdict = {
  /** The limit that the figures belong to: the tightest one, or the one that was reached. */
  of: 'api' | 'endpoint';
  limit: number;
  remaining: number;
  /** Time of the next free request, in seconds since 1970. */
  resetAt: number;
  /** `null` if the request may go on. */
  retryAfterSeconds: number | null;
};

/** Counts one request. Returns `null` if no limit applies to it. */
export type LimitRequest = (request: RequestToLimit) => Promise<Verdict | null>;

export type LimitRequestsDeps = { db: Db; clock: Clock; audit: Audit };

type Limited = { of: Verdict['of']; bucket: Bucket };

const SECOND = 1_000_000;
const REMEMBERED = 10_000;
// A client that ignores the refusals must not fill the log.
const LOG_AGAIN_MS = 60_000;

/** Returns the function that counts requests against the limits of a profile, or `undefined` if the profile has none. */
export function createRequestLimiter(
  deps: LimitRequestsDeps,
  profile: RequestLimitProfile,
): LimitRequest | undefined {
  if (profile === 'unlimited') return undefined;
  const limits = PROFILES[profile];
  // Buckets that the database reported empty, with the time before which no request needs to ask again.
  const empty = new Map<string, { until: number; waitMs: number }>();
  const logged = new Map<string, number>();
  const nowMs = () => deps.clock.now().getTime();

  function note(request: RequestToLimit, { of, bucket }: Limited): void {
    const last = logged.get(bucket.key) ?? Number.NEGATIVE_INFINITY;
    if (Math.abs(nowMs() - last) < LOG_AGAIN_MS) return;
    if (logged.size >= REMEMBERED) logged.clear();
    logged.set(bucket.key, nowMs());
    deps.audit.record({
      type: 'api_limit',
      description: of === 'api' ? 'Global limit has been reached' : 'Too many requests',
      clientId: request.clientId,
      userId: request.payer.kind === 'user' ? request.payer.userId : null,
      ip: request.ip,
      details: { api: request.api, method: request.method, path: request.url },
    });
  }

  /** Returns the milliseconds until the bucket has a token again, as far as this node knows. */
  function knownWait(key: string): number {
    const known = empty.get(key);
    if (known === undefined) return 0;
    const left = known.until - nowMs();
    // A longer wait than the original one means that this node's clock was set back.
    if (left > 0 && left <= known.waitMs) return left;
    empty.delete(key);
    return 0;
  }

  function refuse(request: RequestToLimit, limited: Limited, waitMs: number, now: number) {
    const { of, bucket } = limited;
    note(request, limited);
    const seconds = Math.max(1, Math.ceil(waitMs / 1000));
    return {
      of,
      limit: bucket.burst,
      remaining: 0,
      resetAt: Math.ceil(now / 1000) + seconds,
      retryAfterSeconds: seconds,
    };
  }

  return async (request) => {
    const asked = limitsOf(request, limits);
    const [first] = asked;
    if (first === undefined) return null;
    // Checks only the first limit: a request costs the API a token even if the endpoint's own limit then refuses it.
    const wait = knownWait(first.bucket.key);
    if (wait > 0) return refuse(request, first, wait, nowMs());

    const outcome = await takeTokens(
      deps.db,
      asked.map((limited) => limited.bucket),
    );
    const together = asked.map((limited, index) => ({ ...limited, taken: outcome.taken[index] }));
    const refused = together.find((candidate) => candidate.taken?.kind === 'empty');
    if (refused?.taken?.kind === 'empty') {
      const waitMs = refused.taken.nextInMicroseconds / 1000;
      if (refused.bucket === first.bucket) {
        if (empty.size >= REMEMBERED) empty.clear();
        empty.set(first.bucket.key, { until: nowMs() + waitMs, waitMs });
      }
      return refuse(request, refused, waitMs, outcome.nowMs);
    }
    return tightest(together, outcome.nowMs);
  };
}

function tightest(all: (Limited & { taken: Taken | undefined })[], nowMs: number): Verdict | null {
  const verdicts = all.flatMap(({ of, bucket, taken }): Verdict[] =>
    taken?.kind === 'taken'
      ? [
          {
            of,
            limit: bucket.burst,
            remaining: taken.remaining,
            resetAt: Math.ceil((nowMs + taken.nextInMicroseconds / 1000) / 1000),
            retryAfterSeconds: null,
          },
        ]
      : [],
  );
  return verdicts.reduce<Verdict | null>(
    (least, verdict) => (least !== null && least.remaining <= verdict.remaining ? least : verdict),
    null,
  );
}

/** Returns the limits that apply to a request: the API's, then the endpoint's. */
function limitsOf(request: RequestToLimit, limits: Limits): Limited[] {
  const { api, payer } = request;
  const whole = limits[api];
  const endpoint = payer.kind === 'user' ? undefined : endpointOf(request, limits.endpoints);
  return [
    ...(whole === null
      ? []
      : [{ of: 'api' as const, bucket: bucketOf(keyOf(api, payer, false), whole) }]),
    ...(endpoint === undefined
      ? []
      : [
          {
            of: 'endpoint' as const,
            bucket: bucketOf(keyOf(`${api}:${endpoint.name}`, payer, true), endpoint.rate),
          },
        ]),
  ];
}

function endpointOf(
  { api, method, url }: RequestToLimit,
  endpoints: readonly EndpointLimit[],
): EndpointLimit | undefined {
  return endpoints.find(
    (endpoint) =>
      endpoint.api === api && endpoint.methods.includes(method) && endpoint.url.test(url),
  );
}

/** Returns the bucket's key. Names of users and addresses are stored only as hashes. */
function keyOf(what: string, payer: RequestToLimit['payer'], narrow: boolean): string {
  switch (payer.kind) {
    case 'tenant':
      return what;
    case 'user':
      return `${what}:user:${sha256(payer.userId).toString('base64url')}`;
    case 'address': {
      const key = addressKey(what, payer.ip);
      return narrow && payer.about !== undefined
        ? `${key}:${sha256(payer.about).toString('base64url')}`
        : key;
    }
  }
}

function bucketOf(key: string, { burst, tokens, perSeconds }: Rate): Bucket {
  return { key, burst, everyMicroseconds: Math.ceil((perSeconds * SECOND) / tokens) };
}
