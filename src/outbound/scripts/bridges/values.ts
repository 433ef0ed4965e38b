import type { Json } from '../script-types.ts';

/** Values that JSON does not have cross the border to a script as `{ $type, value }`. */
type Tagged = { $type: string; value: Json };

/** Makes JSON of what a driver has returned. Dates and bytes get a tag, which the modules inside of an isolate read. */
export function toJson(value: unknown): Json {
  if (value === null || value === undefined) return null;
  if (typeof value === 'bigint') return String(value);
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (typeof value !== 'object') return value as Json;
  if (value instanceof Date) {
    return tagged('date', Number.isNaN(value.getTime()) ? null : value.toISOString());
  }
  if (value instanceof Uint8Array) return tagged('bytes', Buffer.from(value).toString('base64'));
  if (Array.isArray(value)) return value.map(toJson);
  if ('toJSON' in value && typeof value.toJSON === 'function') return toJson(value.toJSON());
  const object: Record<string, Json> = Object.fromEntries(
    Object.entries(value).map(([name, each]) => [name, toJson(each)]),
  );
  return '$type' in object ? tagged('object', object) : object;
}

/** Reverses {@link toJson} for what a script has sent. */
export function fromJson(value: Json): unknown {
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map(fromJson);
  const { $type, value: inner } = value as Tagged;
  if ($type === 'date') return new Date(String(inner));
  if ($type === 'bytes') return Buffer.from(String(inner), 'base64');
  const object = $type === 'object' && inner !== null && typeof inner === 'object' ? inner : value;
  return Object.fromEntries(Object.entries(object).map(([name, each]) => [name, fromJson(each)]));
}

function tagged($type: string, value: Json): Tagged {
  return { $type, value };
}

/** Reads arguments, which a script may have made of anything. */
export function record(value: Json | undefined): Record<string, Json> {
  return value !== null && typeof value === 'object' && !Array.isArray(value) ? value : {};
}

export function text(value: Json | undefined, fallback = ''): string {
  return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : fallback;
}

/** Returns what a script needs to know of an error of a database. The rest, such as stacks and sockets, stays here. */
export function failureOf(error: unknown): Json {
  const given = (error ?? {}) as Record<string, unknown>;
  const failed: Record<string, Json> = {
    name: text(given.name as Json, 'Error'),
    message: text(given.message as Json, 'The database reports an error.').slice(0, MAX_MESSAGE),
  };
  for (const name of PROPERTIES) {
    const value = given[name];
    if (typeof value === 'string') failed[name] = value.slice(0, MAX_MESSAGE);
    else if (typeof value === 'number') failed[name] = value;
  }
  return { failed };
}

const MAX_MESSAGE = 2000;
const PROPERTIES = [
  'code',
  'codeName',
  'column',
  'constraint',
  'detail',
  'errno',
  'hint',
  'position',
  'reason',
  'schema',
  'severity',
  'sqlMessage',
  'sqlState',
  'table',
];
