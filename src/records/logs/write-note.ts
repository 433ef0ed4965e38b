import { randomAlnum } from '../../platform/ids/ids.ts';
import type { RequestContext } from '../../platform/request-context/request-context.ts';
import type { LogEvent } from './log-event.ts';

const LONGEST_TEXT = 1000;
// The limit of an index, for the widest alphabets.
const LONGEST_NAME = 320;
const LONGEST_DETAILS = 16 * 1024;

/** Returns an event as its future row in JSON, with column names as keys. Its size is bounded, and any input becomes storable. */
export function writeNote(event: LogEvent, request: RequestContext | null, now: Date): string {
  const userAgent = event.userAgent ?? request?.userAgent ?? null;
  return JSON.stringify({
    key: `${now.getTime().toString(36)}${randomAlnum(14)}`,
    date: now,
    type: text(event.type, 60),
    description: text(event.description, LONGEST_TEXT),
    user_id: text(event.userId, LONGEST_NAME),
    user_name: text(event.userName, LONGEST_NAME),
    connection_id: text(event.connectionId, LONGEST_NAME),
    connection: text(event.connection, LONGEST_NAME),
    client_id: text(event.clientId, LONGEST_NAME),
    client_name: text(event.clientName, LONGEST_NAME),
    organization_id: text(event.organizationId, LONGEST_NAME),
    organization_name: text(event.organizationName, LONGEST_NAME),
    ip: text(event.ip ?? request?.ip, 64),
    user_agent: text(userAgent, LONGEST_TEXT),
    hostname: text(request?.hostname, LONGEST_NAME),
    audience: text(event.audience, LONGEST_TEXT),
    scope: text(event.scope, LONGEST_TEXT),
    strategy: text(event.strategy, LONGEST_NAME),
    is_mobile: userAgent !== null && /Mobi|Android|iPhone|iPad/.test(userAgent),
    auth0_client: libraryOf(request?.clientLibrary ?? null),
    details: boundedDetails(event.details),
  });
}

/** Removes NUL and unpaired surrogates, which cannot be stored. */
function storable(value: string): string {
  return value.replaceAll('\0', '\u{fffd}').toWellFormed();
}

function text(value: string | null | undefined, longest: number): string | null {
  if (value === null || value === undefined || value === '') return null;
  return storable(value.length > longest ? `${value.slice(0, longest - 1)}…` : value);
}

function boundedDetails(details: Record<string, unknown> | undefined): unknown {
  if (details === undefined) return null;
  const stored: unknown = JSON.parse(
    JSON.stringify(details, (_key, value: unknown) => {
      if (typeof value === 'string') return text(value, LONGEST_TEXT) ?? '';
      if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
      const named = Object.entries(value).map(([name, one]) => [text(name, 200) ?? '', one]);
      return Object.fromEntries(named);
    }),
  );
  const size = JSON.stringify(stored).length;
  return size > LONGEST_DETAILS ? { omitted: `${size} characters` } : stored;
}

/** Decodes an SDK's description of itself: base64 of `{name, version, env}`. */
function libraryOf(header: string | null): unknown {
  if (header === null || header.length > 2000) return null;
  try {
    const value: unknown = JSON.parse(Buffer.from(header, 'base64').toString('utf8'));
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
    const { name, version } = value as { name?: unknown; version?: unknown };
    return {
      ...(typeof name === 'string' && { name: text(name, 100) }),
      ...(typeof version === 'string' && { version: text(version, 50) }),
    };
  } catch {
    return null;
  }
}
