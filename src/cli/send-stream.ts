import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/**
 * Sends a long body with POST and resolves to the answer, which may arrive before the whole body is sent. Uses node:http, because
 * fetch was measured to keep the whole body in memory.
 */
export async function sendStream(
  url: string,
  headers: Record<string, string>,
  body: Readable,
): Promise<Response> {
  const { promise, resolve, reject } = Promise.withResolvers<Response>();
  const send = url.startsWith('https:') ? requestHttps : requestHttp;
  const request = send(url, { method: 'POST', headers });
  let answered = false;
  request.once('response', (answer) => {
    answered = true;
    // After an early refusal, the rest of the body is not sent.
    answer.once('end', () => {
      if (!request.writableFinished) request.destroy();
    });
    const told = Object.entries(answer.headers).flatMap(([name, value]): [string, string][] =>
      value === undefined ? [] : [[name, String(value)]],
    );
    const text = Readable.toWeb(answer) as unknown as ReadableStream<Uint8Array>;
    resolve(new Response(text, { status: answer.statusCode ?? 502, headers: told }));
  });
  request.once('error', reject);
  pipeline(body, request).catch((error: unknown) => {
    if (!answered) reject(error);
  });
  return promise;
}
