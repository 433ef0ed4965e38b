import { jsonIn } from '../answers.ts';
import type { Row } from './settings.ts';

type Fields = Record<string, unknown>;

const METADATA = /^(user_metadata|app_metadata)\.(.+)$/;
const OBJECTS = new Set(['user_metadata', 'app_metadata', 'mfa_factors']);

/**
 * Makes a profile in the form of Auth0's custom databases from a row.
 * @param columns the column of each attribute. `app_metadata.plan`: of a key of metadata.
 */
export function profileOfRow(row: Row, columns: Record<string, string>): Fields {
  const profile: Fields = {};
  const more: { object: string; key: string; value: unknown }[] = [];
  for (const [field, column] of Object.entries(columns)) {
    const value = plain(row[column]);
    const [, object, key] = METADATA.exec(field) ?? [];
    if (object !== undefined && key !== undefined) more.push({ object, key, value });
    else profile[field] = OBJECTS.has(field) && typeof value === 'string' ? jsonOf(value) : value;
  }
  for (const { object, key, value } of more) {
    if (value === null) continue;
    const known = profile[object];
    profile[object] = { ...(typeof known === 'object' && known), [key]: value };
  }
  return profile;
}

/** An empty text is no metadata. What is no JSON stays a text, and is refused as such. */
function jsonOf(text: string): unknown {
  return text.trim() === '' ? null : (jsonIn(text) ?? text);
}

/** Returns what JSON can say for a value of a driver. */
function plain(value: unknown): unknown {
  if (value === undefined) return null;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (typeof value === 'bigint') return String(value);
  if (!Buffer.isBuffer(value)) return value;
  // BIT(1) of MySQL is a boolean.
  return value.length === 1 ? value[0] : value.toString('hex');
}
