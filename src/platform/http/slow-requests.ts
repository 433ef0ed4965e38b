import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

/** Time limits for the arrival of a request, in milliseconds. */
export type RequestTimes = {
  /** Until the headers have arrived; also for the TLS handshake. */
  headMs: number;
  /** Until the body of an ordinary request has arrived. */
  bodyMs: number;
  /** An upload has no total limit, but must send {@link LEAST_BYTES} within each such time. */
  stallMs: number;
};

export const REQUEST_TIMES: RequestTimes = { headMs: 15_000, bodyMs: 30_000, stallMs: 30_000 };

const LEAST_BYTES = 4096;
const UPLOAD = /^multipart\/form-data\b/i;

/**
 * Ends requests whose body stalls with 408 and closes their connections. Otherwise a client with many open requests that each send a byte
 * now and then would block others.
 */
export function endSlowRequests(app: FastifyInstance, times: RequestTimes): void {
  app.addHook('onRequest', async (request, reply) => {
    const { raw } = request;
    if (raw.complete || !hasBody(request)) return;
    const upload = UPLOAD.test(request.headers['content-type'] ?? '');
    const stop = upload
      ? everyTime(times.stallMs, stalled(request, reply))
      : oneTime(times.bodyMs, () => endRequest(request, reply));
    raw.once('end', stop);
    raw.once('close', stop);
    reply.raw.once('close', stop);
  });
}

function hasBody({ headers }: FastifyRequest): boolean {
  return (
    headers['transfer-encoding'] !== undefined ||
    (headers['content-length'] !== undefined && headers['content-length'] !== '0')
  );
}

function oneTime(ms: number, work: () => void): () => void {
  const timer = setTimeout(work, ms);
  return () => clearTimeout(timer);
}

function everyTime(ms: number, work: () => void): () => void {
  const timer = setInterval(work, ms);
  return () => clearInterval(timer);
}

function stalled(request: FastifyRequest, reply: FastifyReply): () => void {
  const { raw } = request;
  let seen = raw.socket.bytesRead;
  return () => {
    const came = raw.socket.bytesRead - seen;
    seen = raw.socket.bytesRead;
    // Unread bytes are waiting: the server is the slow side.
    if (came >= LEAST_BYTES || raw.readableLength > 0 || raw.complete) return;
    endRequest(request, reply);
  };
}

function endRequest({ raw, log }: FastifyRequest, reply: FastifyReply): void {
  if (raw.complete) return;
  log.warn({ ip: raw.socket.remoteAddress }, 'a request was too slow and was ended');
  if (!reply.raw.headersSent && raw.socket.writable) {
    raw.socket.write('HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n');
  }
  raw.socket.destroySoon();
}
