import { parseJson } from '../../platform/json/json.ts';

/** Returns the fields of a body: JSON, or a form, whose values are all strings. Returns `null` if it is neither. */
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
