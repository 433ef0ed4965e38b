import type { FastifyReply, FastifyRequest } from 'fastify';
import type Provider from 'oidc-provider';
import { originOf } from '../../platform/http/http.ts';

type Raw = FastifyRequest['raw'];

const requests = new WeakMap<Raw, FastifyRequest>();

/** Returns the request of a raw request in the library. */
export function requestOf(raw: Raw): FastifyRequest | undefined {
  return requests.get(raw);
}

/**
 * Makes the library use only an address of this server: that of the custom domain at which the browser is, otherwise the configured one. It
 * never uses the Host header, a proxy's header or an absolute URL.
 */
function pin(request: FastifyRequest, publicUrl: string): void {
  const { raw } = request;
  const [protocol = '', host = ''] = originOf(request, publicUrl).split('://');
  raw.headers.host = host;
  raw.headers['x-forwarded-host'] = host;
  raw.headers['x-forwarded-proto'] = protocol;
  const url = raw.url ?? '/';
  if (!url.startsWith('/') && URL.canParse(url)) {
    const { pathname, search } = new URL(url);
    raw.url = pathname + search;
  }
}

/** Returns a context for the library's cookies and sessions. */
export function libraryContext(
  provider: Provider,
  publicUrl: string,
  request: FastifyRequest,
  reply: FastifyReply,
) {
  pin(request, publicUrl);
  return provider.createContext(request.raw, reply.raw);
}

/** Creates the function that passes requests to the library, which answers them itself. */
export function createMount(
  provider: Provider,
  publicUrl: string,
  /** Runs before each request. */
  prepare: () => Promise<void>,
) {
  const callback = provider.callback();
  return async (request: FastifyRequest, reply: FastifyReply, form?: string): Promise<void> => {
    await prepare();
    pin(request, publicUrl);
    if (form !== undefined) offerForm(request.raw, form);
    requests.set(request.raw, request);
    reply.hijack();
    reply.raw.setHeader('x-request-id', request.id);
    reply.raw.setHeader('x-content-type-options', 'nosniff');
    await callback(request.raw, reply.raw);
  };
}

/** Provides the body, which has been read already, to the library as a form. */
function offerForm(raw: Raw, form: string): void {
  const bytes = Buffer.from(form);
  raw.headers['content-type'] = 'application/x-www-form-urlencoded';
  raw.headers['content-length'] = String(bytes.length);
  // Errors of these endpoints are JSON, even for a browser.
  raw.headers.accept = 'application/json';
  delete raw.headers['transfer-encoding'];
  Object.defineProperties(raw, {
    readable: { value: true },
    readableEncoding: { value: null },
    iterator: { value: () => once(bytes) },
  });
}

async function* once(bytes: Buffer) {
  yield bytes;
}
