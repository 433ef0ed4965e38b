import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { Server as TlsServer } from 'node:https';
import { createServer, isIP } from 'node:net';
import fastify, {
  type FastifyInstance,
  type FastifyRequest,
  type FastifyServerOptions,
  LogController,
} from 'fastify';
import { type Log, withoutSecrets } from '../log/log.ts';
import { duringRequest, type RequestContext } from '../request-context/request-context.ts';
import { endSlowRequests, REQUEST_TIMES, type RequestTimes } from './slow-requests.ts';
import { checkTlsFiles, watchPair } from './tls-files.ts';

export { noteOrigin, originOf } from './own-origin.ts';
export type { RequestTimes } from './slow-requests.ts';
export { checkTlsFiles } from './tls-files.ts';

export type HttpServer = FastifyInstance;

const TLS_POLL_MS = 10_000;
// One year, as the browsers' preload lists require (RFC 6797, 6.1.1). Subdomains are not this server's decision.
const HSTS = 'max-age=31536000';
// RFC 9110, 10.2.3: after a short outage the client may retry soon.
const RETRY_SECONDS = 2;
// A machine without IPv6 has no ::1.
const NO_SUCH_FAMILY = new Set(['EADDRNOTAVAIL', 'EAFNOSUPPORT']);

/**
 * Creates a Fastify server with the features all surfaces share: request ids, a log without secrets, trusted proxy addresses, and a time
 * limit for slow requests. It serves TLS if certificate files are given, and reloads them when they change. It sends HSTS if `publicUrl`
 * begins with https and has a real host name.
 */
export async function createHttpServer(options: {
  log: Log;
  trustProxy: string[];
  tls: { certFile: string; keyFile: string } | undefined;
  publicUrl?: string;
  /** The header in which trusted proxies say the country of the client's address. */
  countryHeader?: string | undefined;
  times?: RequestTimes;
}): Promise<HttpServer> {
  const times = options.times ?? REQUEST_TIMES;
  const limits = {
    headersTimeout: times.headMs,
    connectionsCheckingInterval: Math.min(5000, times.headMs),
  };
  const common: FastifyServerOptions = {
    loggerInstance: options.log,
    genReqId: () => randomUUID(),
    requestIdHeader: false,
    logController: new LogController({ disableRequestLogging: true }),
    trustProxy: options.trustProxy.length > 0 ? options.trustProxy : false,
    // Uploads of rows are one long body. Each route sets its own limit.
    bodyLimit: 1024 * 1024,
    // An id of 600 characters, each three bytes long, percent-encoded.
    routerOptions: { maxParamLength: 5400, ignoreTrailingSlash: true },
    // Open connections must not delay a stop.
    forceCloseConnections: true,
  };
  const tls = options.tls && { files: options.tls, pair: await checkTlsFiles(options.tls) };
  const app: FastifyInstance = tls
    ? fastify({
        ...common,
        https: { ...limits, ...tls.pair, handshakeTimeout: times.headMs },
      } as FastifyServerOptions)
    : fastify({ ...common, http: limits } as FastifyServerOptions);
  if (tls) {
    const server: unknown = app.server;
    const watched = watchPair(tls.files, tls.pair, {
      log: options.log,
      pollMs: TLS_POLL_MS,
      use: (pair) => {
        if (server instanceof TlsServer) server.setSecureContext(pair);
      },
    });
    app.addHook('onClose', () => watched.stop());
  }
  if (needsHsts(options.publicUrl)) {
    // Set on the raw response, because the OpenID Connect library writes some answers itself.
    app.addHook('onRequest', async (_request, reply) => {
      reply.raw.setHeader('strict-transport-security', HSTS);
    });
  }
  endSlowRequests(app, times);

  rememberRequests(app, options);
  app.addHook('onSend', async (request, reply) => {
    reply.header('x-request-id', request.id);
    reply.header('x-content-type-options', 'nosniff');
    if (reply.statusCode === 503 && !reply.hasHeader('retry-after'))
      reply.header('retry-after', RETRY_SECONDS);
    const location = reply.getHeader('location');
    if (typeof location === 'string') reply.header('location', inAscii(location));
  });
  app.addHook('onResponse', async (request, reply) => {
    request.log.info(
      {
        id: request.id,
        method: request.method,
        url: withoutSecrets(request.url),
        status: reply.statusCode,
        ms: Math.round(reply.elapsedTime),
      },
      'request',
    );
  });
  return app;
}

/**
 * Listens at an address. `localhost` is both 127.0.0.1 and ::1, because browsers try either. If another program holds the second one, this
 * fails as for the first.
 * @throws errors of Node's `listen`, such as EADDRINUSE
 */
export async function listenAt(
  app: FastifyInstance,
  { host, port }: { host: string; port: number },
): Promise<void> {
  if (host !== 'localhost') {
    await app.listen({ host, port });
    return;
  }
  // One server handles both addresses' connections, so limits, certificates and the stop are the same for both.
  const second = createServer({ allowHalfOpen: true, noDelay: true }, (socket) =>
    app.server.emit('connection', socket),
  );
  app.addHook('preClose', async () => {
    if (second.listening) second.close();
  });
  await app.listen({ host: '127.0.0.1', port });
  const at = app.server.address();
  second.listen({ host: '::1', port: typeof at === 'object' && at !== null ? at.port : port });
  try {
    await once(second, 'listening');
  } catch (error) {
    if (error instanceof Error && 'code' in error && NO_SUCH_FAMILY.has(String(error.code))) return;
    throw error;
  }
}

/**
 * Makes the origin of a request available to all its work. It runs again after the body, because reading the body leaves the first context.
 */
function rememberRequests(
  app: FastifyInstance,
  { publicUrl, countryHeader }: { publicUrl?: string; countryHeader?: string | undefined },
): void {
  const hostname = publicUrl === undefined ? null : new URL(publicUrl).host;
  const contexts = new WeakMap<FastifyRequest, RequestContext>();
  app.addHook('onRequest', (request, _reply, done) => {
    const library = request.headers['auth0-client'];
    const context: RequestContext = {
      ip: request.ip,
      userAgent: request.headers['user-agent'] ?? null,
      hostname,
      clientLibrary: typeof library === 'string' ? library : null,
      country: countryOf(request, countryHeader),
    };
    contexts.set(request, context);
    duringRequest(context, done);
  });
  app.addHook('preValidation', (request, _reply, done) => {
    const context = contexts.get(request);
    if (context) duringRequest(context, done);
    else done();
  });
}

/** Proxies say XX for an unknown country, and T1 for the Tor network. */
const COUNTRY = /^(?!XX$)[A-Z]{2}$/;

/** Returns the country that a trusted proxy says. Anybody else could say anything. */
function countryOf(request: FastifyRequest, header: string | undefined): string | null {
  const said = header === undefined ? undefined : request.headers[header.toLowerCase()];
  const isProxied = (request.ips ?? []).length > 1;
  return isProxied && typeof said === 'string' && COUNTRY.test(said) ? said : null;
}

/** Encodes a URL for a header, which is ASCII only: registered URLs may contain any letters (RFC 3986, 2.5). */
function inAscii(url: string): string {
  return url.toWellFormed().replace(/[^\x21-\x7e]+/g, encodeURIComponent);
}

/** Browsers apply HSTS to all ports of a name. On `localhost` it would block other servers. */
function needsHsts(publicUrl: string | undefined): boolean {
  if (!publicUrl?.startsWith('https:')) return false;
  const { hostname } = new URL(publicUrl);
  return !/(^|\.)localhost$/.test(hostname) && isIP(hostname.replace(/^\[|\]$/g, '')) === 0;
}

/** Returns the rate limit headers that Auth0's SDKs evaluate. */
export function rateLimitHeaders(limit: {
  limit: number;
  remaining: number;
  /** Seconds since the epoch. */
  resetAt: number;
  /** Seconds to wait, or `null` if a token was available. */
  retryAfterSeconds: number | null;
}): Record<string, string> {
  return {
    'x-ratelimit-limit': String(limit.limit),
    'x-ratelimit-remaining': String(limit.remaining),
    'x-ratelimit-reset': String(limit.resetAt),
    ...(limit.retryAfterSeconds !== null && { 'retry-after': String(limit.retryAfterSeconds) }),
  };
}
