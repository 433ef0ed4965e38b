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

export type { RequestLimitProfile } from './profiles.ts';

export type RequestToLimit = {
  api: LimitedApi;
  method: string;
  /** As it is registered, with `:id` for parameters. */
  url: string;
  /**
   * Who pays: the tenant, a person who calls with a token of their own, or an address that may be anybody's.
   * `about` narrows an endpoint's limit down, to one e-mail address for one.
   */
  payer:
    | { kind: 'tenant' }
    | { kind: 'user'; userId: string }
    | { kind: 'address'; ip: string; about?: string };
  /** For the tenant's log. */
  ip: string;
  clientId: string | null;
};

export type Verdict = {
  /** Which limit the figures are of: the tightest one, or the one that was reached. */
  of: 'api' | 'endpoint';
  limit: number;
  remaining: number;
  /** Epoch seconds at which there will be one more. */
  resetAt: number;
  /** null: go on. */
  retryAfterSeconds: number | null;
};

/** Counts one request; null when none of the limits is about it. */
export type LimitRequest = (request: RequestToLimit) => Promise<Verdict | null>;

export type LimitRequestsDeps = { db: Db; clock: Clock; audit: Audit };

type Limited = { of: Verdict['of']; bucket: Bucket };

const SECOND = 1_000_000;
const REMEMBERED = 10_000;
// A client that doesn't listen must not fill the log.
const LOG_AGAIN_MS = 60_000;

/** Makes the function that counts requests against the limits of a profile; undefined when there are none. */
export function createRequestLimiter(
  deps: LimitRequestsDeps,
  profile: RequestLimitProfile,
): LimitRequest | undefined {
  if (profile === 'unlimited') return undefined;
  const limits = PROFILES[profile];
  // Buckets that the database called empty, with the time until which asking again is of no use.
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

  /** Milliseconds until the bucket gives again, as far as this node knows. */
  function knownWait(key: string): number {
    const known = empty.get(key);
    if (known === undefined) return 0;
    const left = known.until - nowMs();
    // More than it was at first: this node's clock was set back.
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
    // Only the first: a token of the API is spent also when the endpoint's own limit then refuses.
    const wait = knownWait(first.bucket.key);
    if (wait > 0) return refuse(request, first, wait, nowMs());

    const outcome = await takeTokens(
      deps.db,
      asked.map((one) => one.bucket),
    );
    const together = asked.map((one, index) => ({ ...one, taken: outcome.taken[index] }));
    const refused = together.find((one) => one.taken?.kind === 'empty');
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
    (least, one) => (least !== null && least.remaining <= one.remaining ? least : one),
    null,
  );
}

/** The API's limit and then the endpoint's, as far as there are any. */
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
    (one) => one.api === api && one.methods.includes(method) && one.url.test(url),
  );
}

/** Names of people and addresses are kept as hashes only. */
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
