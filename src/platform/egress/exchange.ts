import { type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { pipeline, type Readable, type Transform } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { hostOf } from './allowed-targets.ts';
import { EgressError } from './egress-error.ts';
import { pinnedTo } from './open-socket.ts';

export type Call = {
  url: URL;
  method: string;
  headers: Headers;
  body: Buffer | null;
  /** Addresses of the host. The connection goes to one of them, and nobody resolves the name again. */
  addresses: string[];
  signal: AbortSignal;
  maxBytes: number;
  isCut: boolean;
};

const MAX_HEADER_BYTES = 32 * 1024;
/** They belong to the connection. Others cannot choose them. */
const OF_CONNECTION = new Set([
  'accept-encoding',
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** Sends one request, over a connection of its own, and reads the answer up to its limit. @throws EgressError, or an error of Node */
export async function exchange(call: Call): Promise<Response> {
  const { url, body, signal } = call;
  const send = url.protocol === 'https:' ? requestHttps : requestHttp;
  const headers = Object.fromEntries(
    Array.from(call.headers).filter(([name]) => !OF_CONNECTION.has(name)),
  );
  const request = send({
    protocol: url.protocol,
    hostname: hostOf(url),
    port: url.port,
    path: `${url.pathname}${url.search}`,
    method: call.method,
    headers: { ...headers, 'accept-encoding': 'identity' },
    lookup: pinnedTo(call.addresses),
    // Neither connections of other calls nor a proxy.
    agent: false,
    maxHeaderSize: MAX_HEADER_BYTES,
    rejectUnauthorized: true,
    signal,
  });
  try {
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      request.once('response', resolve);
      request.on('error', reject);
      // Also after an answer that is none, such as another protocol.
      request.once('close', () =>
        reject(
          new EgressError('broken', `${hostOf(url)} closed the connection without an answer.`),
        ),
      );
      request.end(body ?? undefined);
    });
    return responseOf(answer, await readBody(answer, call));
  } finally {
    request.destroy();
  }
}

async function readBody(answer: IncomingMessage, { maxBytes, isCut, url }: Call): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of decoded(answer, url)) {
    size += chunk.length;
    if (size > maxBytes && !isCut) {
      throw new EgressError('large', `${hostOf(url)} sent more than ${maxBytes} bytes.`);
    }
    chunks.push(chunk);
    if (size > maxBytes) break;
  }
  return Buffer.concat(chunks).subarray(0, maxBytes);
}

/** Undoes a compression that nobody has asked for. */
function decoded(answer: IncomingMessage, url: URL): Readable {
  const encoding = (answer.headers['content-encoding'] ?? 'identity').trim().toLowerCase();
  if (encoding === 'identity' || encoding === '') return answer;
  const decoder = decoderOf(encoding);
  if (decoder === null) {
    throw new EgressError('broken', `${hostOf(url)} sent an encoding that it was not asked for.`);
  }
  // Its errors come out of the decoder.
  return pipeline(answer, decoder, () => {});
}

function decoderOf(encoding: string): Transform | null {
  if (encoding === 'gzip' || encoding === 'x-gzip') return createGunzip();
  if (encoding === 'deflate') return createInflate();
  return encoding === 'br' ? createBrotliDecompress() : null;
}

const WITHOUT_BODY = new Set([204, 205, 304]);

function responseOf(answer: IncomingMessage, body: Buffer): Response {
  const headers = new Headers();
  for (let at = 0; at + 1 < answer.rawHeaders.length; at += 2) {
    const name = answer.rawHeaders[at] ?? '';
    if (/^content-(?:encoding|length)$/i.test(name)) continue;
    headers.append(name, answer.rawHeaders[at + 1] ?? '');
  }
  const status = answer.statusCode ?? 0;
  const isEmpty = WITHOUT_BODY.has(status);
  return new Response(isEmpty ? null : new Uint8Array(body), { status, headers });
}
