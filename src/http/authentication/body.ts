import { parseJson } from '../../platform/json/json.ts';

/** A body as the fields it holds: JSON, or a form whose values are all strings; null when it is neither. */
export function readFields(
  contentType: string | undefined,
  body: string,
): Record<string, unknown> | null {
  if (!/^application\/json\b/i.test(contentType ?? '')) {
    return Object.fromEntries(new URLSearchParams(body));
  }
  try {
    const parsed: unknown = parseJson(body);
    return isObject(parsed) ? parsed : null;
  } catch {
    return null;
  }
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
