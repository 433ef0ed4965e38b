import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

/** How long a request may take to arrive. */
export type RequestTimes = {
  /** Until the head of a request is there; also for the TLS handshake. */
  headMs: number;
  /** Until the body of an ordinary request is there. */
  bodyMs: number;
  /** An upload may take as long as it likes, but must send {@link LEAST_BYTES} within each such time. */
  stallMs: number;
};

export const REQUEST_TIMES: RequestTimes = { headMs: 15_000, bodyMs: 30_000, stallMs: 30_000 };

const LEAST_BYTES = 4096;
const UPLOAD = /^multipart\/form-data\b/i;

/**
 * Ends requests whose body doesn't come: a client that holds many of them open by sending a byte now and then would keep
 * others out. It is answered 408 and its connection is closed.
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
    // Bytes that wait to be read: it is us who are slow.
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
