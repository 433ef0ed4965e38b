import { Type } from 'typebox';
import type { Db } from '../../../platform/db/db.ts';
import { type LogEntry, type LogSearch, searchLogs } from '../../../records/logs/logs.ts';
import { ApiError, badRequest, freeObject, sortOf } from '../route/route.ts';

const text = (description: string) => Type.Optional(Type.String({ description }));

/** An entry of the tenant log. What is not known is left out. */
export const logSchema = Type.Object({
  _id: Type.String({ description: 'The same as log_id' }),
  log_id: Type.String({ description: 'Grows from entry to entry; where to go on by checkpoint' }),
  date: Type.String({ format: 'date-time', description: 'When it happened' }),
  type: Type.String({ description: 'What happened, such as `s`, `fp` or `sapi`' }),
  description: text('In words'),
  connection: text('Name of the user store'),
  connection_id: text('ID of the user store'),
  organization_id: text('ID of the organization'),
  organization_name: text('Name of the organization'),
  client_id: text('ID of the application'),
  client_name: text('Name of the application'),
  ip: text('Where the request came from'),
  hostname: text('The name by which it called this server'),
  user_id: text('ID of the user'),
  user_name: text('E-mail, username or phone number, as typed or known'),
  user_agent: text('What the request said it was made with'),
  audience: text('The API that a token was asked for'),
  scope: text('The scopes that were asked for'),
  strategy: text('Kind of the user store'),
  strategy_type: text('database, passwordless or social'),
  isMobile: Type.Boolean({ description: 'Whether it came from a mobile device' }),
  auth0_client: Type.Optional(freeObject('The SDK, as it named itself')),
  details: Type.Optional(freeObject('What else belongs to it, without secrets')),
});

// The last two are fields of the wire that no entry here has.
export const LOG_FIELDS = [
  ...Object.keys(logSchema.properties),
  'location_info',
  'security_context',
];

export function toWireLog(entry: LogEntry) {
  const wire = {
    _id: entry.logId,
    log_id: entry.logId,
    date: entry.date.toISOString(),
    type: entry.type,
    description: entry.description,
    connection: entry.connection,
    connection_id: entry.connectionId,
    organization_id: entry.organizationId,
    organization_name: entry.organizationName,
    client_id: entry.clientId,
    client_name: entry.clientName,
    ip: entry.ip,
    hostname: entry.hostname,
    user_id: entry.userId,
    user_name: entry.userName,
    user_agent: entry.userAgent,
    audience: entry.audience,
    scope: entry.scope,
    strategy: entry.strategy,
    strategy_type: entry.strategyType,
    isMobile: entry.isMobile,
    auth0_client: entry.auth0Client,
    details: entry.details,
  };
  return Object.fromEntries(Object.entries(wire).filter(([, value]) => value !== null));
}

const SORTABLE = {
  date: 'date',
  log_id: 'log_id',
  _id: 'log_id',
  type: 'type',
  user_id: 'user_id',
  user_name: 'user_name',
  client_id: 'client_id',
  client_name: 'client_name',
  connection: 'connection',
  ip: 'ip',
} as const;

export const sortQuery = Type.Optional(
  Type.String({ maxLength: 100, description: '`date:-1`, the default, or another field and 1' }),
);

const NEWEST_FIRST = { column: 'date', descending: true } as const;
export const MAX_PAGED = 1000;
const MAX_COUNTED = 10_000;
const SEARCH_LIMIT_MS = 2000;

/**
 * One page of what matches, and the total if asked for.
 * @throws ApiError 400 beyond the first thousand, 503 when it takes too long
 */
export async function pageOfLogs(
  db: Db,
  input: {
    search: LogSearch | null;
    userId?: string;
    sort: string | undefined;
    offset: number;
    limit: number;
    totals: boolean;
  },
): Promise<{ logs: ReturnType<typeof toWireLog>[]; total: number | null }> {
  const { search, userId, offset, limit, totals } = input;
  if (offset + limit > MAX_PAGED) {
    throw badRequest(
      'You can only page through the first 1000 records. Go on by checkpoint: from and take.',
      'invalid_paging',
    );
  }
  const order = sortOf(input.sort, SORTABLE);
  const found = await searchLogs(db, {
    search,
    ...(userId !== undefined && { userId }),
    order: order ? { column: order.by, descending: order.descending } : NEWEST_FIRST,
    offset,
    limit,
    ...(totals && { countUpTo: MAX_COUNTED }),
    timeLimitMs: SEARCH_LIMIT_MS,
  });
  if (found.kind === 'timeout') {
    throw new ApiError(
      503,
      'The query exceeded the timeout. Please try refining your search criteria.',
    );
  }
  return { logs: found.entries.map(toWireLog), total: found.total };
}
