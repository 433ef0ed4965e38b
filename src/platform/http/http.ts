import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import fastify, {
  type FastifyInstance,
  type FastifyRequest,
  type FastifyServerOptions,
  LogController,
} from 'fastify';
import { type Log, withoutSecrets } from '../log/log.ts';
import { duringRequest, type RequestContext } from '../request-context/request-context.ts';

export type HttpServer = FastifyInstance;

/**
 * A Fastify server with what every door shares: request ids, a log without secrets, and addresses of proxies that are
 * believed. TLS when certificate files are given; they are read again when they change.
 */
export async function createHttpServer(options: {
  log: Log;
  trustProxy: string[];
  tls: { certFile: string; keyFile: string } | undefined;
}): Promise<HttpServer> {
  const common: FastifyServerOptions = {
    loggerInstance: options.log,
    genReqId: () => randomUUID(),
    requestIdHeader: false,
    logController: new LogController({ disableRequestLogging: true }),
    trustProxy: options.trustProxy.length > 0 ? options.trustProxy : false,
    // Rows arrive as one long body; each route sets its own limit.
    bodyLimit: 1024 * 1024,
    // An id of 600 characters, each of three bytes, percent-encoded.
    routerOptions: { maxParamLength: 5400, ignoreTrailingSlash: true },
    // Open connections must not hold a stop back.
    forceCloseConnections: true,
  };
  const tls = options.tls;
  const app: FastifyInstance = tls
    ? fastify({ ...common, https: await readTls(tls) } as FastifyServerOptions)
    : fastify(common);

  rememberRequests(app);
  app.addHook('onSend', async (request, reply) => {
    reply.header('x-request-id', request.id);
    reply.header('x-content-type-options', 'nosniff');
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

/** Lets whatever a request leads to know where it came from. A second time after the body: reading it leaves the first. */
function rememberRequests(app: FastifyInstance): void {
  const contexts = new WeakMap<FastifyRequest, RequestContext>();
  app.addHook('onRequest', (request, _reply, done) => {
    const library = request.headers['auth0-client'];
    const context: RequestContext = {
      ip: request.ip,
      userAgent: request.headers['user-agent'] ?? null,
      hostname: request.headers.host ?? null,
      clientLibrary: typeof library === 'string' ? library : null,
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

/** Customers register addresses with letters of any script; a header has none of them (RFC 3986, 2.5). */
function inAscii(url: string): string {
  return url.toWellFormed().replace(/[^\x21-\x7e]+/g, encodeURIComponent);
}

async function readTls(files: { certFile: string; keyFile: string }) {
  return { cert: await readFile(files.certFile), key: await readFile(files.keyFile) };
}
