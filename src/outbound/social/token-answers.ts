import { parseJson } from '../../platform/json/json.ts';
import type { Fetch } from './configurations.ts';
import { objectOption } from './option-values.ts';

/**
 * Puts answers to token requests into the form of RFC 6749 §5. GitHub sends errors with status 200, Facebook in an object, and some leave out
 * `token_type`.
 */
export function understandable(calls: Fetch): Fetch {
  return async (url, init) => {
    const answer = await calls(url, init);
    if (init?.method !== 'POST') return answer;
    const text = await answer.text();
    const [status, body] = mended(answer.status, bodyOf(text));
    const content = body === null ? text : JSON.stringify(body);
    const headers = new Headers(answer.headers);
    if (body !== null) headers.set('content-type', 'application/json');
    return new Response(content, { status, headers });
  };
}

type Body = Record<string, unknown>;

function bodyOf(text: string): Body | null {
  try {
    return { ...objectOption({ body: parseJson(text) }, 'body') };
  } catch {
    return null;
  }
}

function mended(status: number, body: Body | null): [number, Body | null] {
  if (body === null) return [status, body];
  if (body.error !== undefined) {
    const { type, message } = objectOption(body, 'error');
    const error =
      typeof body.error === 'string'
        ? body
        : { error: String(type ?? 'error'), error_description: String(message ?? '') };
    return [status < 400 ? 400 : status, error];
  }
  return [status, { token_type: 'bearer', ...body }];
}
