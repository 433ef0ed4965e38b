import { Type } from 'typebox';
import type { Db } from '../../../platform/db/db.ts';
import { type LogEntry, type LogSearch, searchLogs } from '../../../records/logs/logs.ts';
import { ApiError, freeObject, type OffsetPaging, refuseDeep, sortOf } from '../route/route.ts';

const text = (description: string) => Type.Optional(Type.String({ description }));

/** An entry of the tenant log. Fields without a value are omitted. */
export const logSchema = Type.Object({
  _id: Type.String({ description: 'The same as `log_id`' }),
  log_id: Type.String({
    description: 'ID of the entry. It increases from entry to entry. Pass it as `from` to read on.',
  }),
  date: Type.String({ format: 'date-time', description: 'When the event happened' }),
  type: Type.String({ description: 'Code of the event, such as `s`, `fp` or `sapi`' }),
  description: text('Description of the event'),
  connection: text('Name of the connection'),
  connection_id: text('ID of the connection'),
  organization_id: text('ID of the organization'),
  organization_name: text('Name of the organization'),
  client_id: text('ID of the application'),
  client_name: text('Name of the application'),
  ip: text('IP address of the client'),
  hostname: text('Host name to which the request was sent'),
  user_id: text('ID of the user'),
  user_name: text('Email address, username or phone number, as typed or known'),
  user_agent: text('User agent of the request'),
  audience: text('Identifier of the API for which a token was requested'),
  scope: text('Requested scopes'),
  strategy: text('Strategy of the connection'),
  strategy_type: text('Type of the strategy: `database`, `passwordless`, `social` or `enterprise`'),
  isMobile: Type.Boolean({ description: 'Whether the request came from a mobile device' }),
  auth0_client: Type.Optional(freeObject('Name and version of the SDK')),
  details: Type.Optional(freeObject('Further details, without secrets')),
});

// The last two fields are on Auth0's wire, but no entry of Usher has them.
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
  Type.String({
    maxLength: 100,
    description: 'Sort order: a field and `1` or `-1`. Default: `date:-1`.',
  }),
);

const NEWEST_FIRST = { column: 'date', descending: true } as const;
const TOO_DEEP =
  'You can only page through the first 1000 records. Use checkpoint pagination: from and take.';
const MAX_COUNTED = 10_000;
const SEARCH_LIMIT_MS = 2000;

/**
 * Returns the response with one page of the entries that match.
 * @throws ApiError 400 beyond the first 1000 entries; 503 if the search takes too long
 */
export async function pageOfLogs(
  db: Db,
  input: {
    search: LogSearch | null;
    userId?: string;
    sort: string | undefined;
    paging: OffsetPaging;
    /** Selects the fields to show. Default: all. */
    show?: (log: ReturnType<typeof toWireLog>) => object;
  },
) {
  const { search, userId, paging, show = (log) => log } = input;
  refuseDeep(paging, TOO_DEEP);
  const { offset, limit, totals } = paging;
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
  const logs = found.entries.map((entry) => show(toWireLog(entry)));
  return totals ? { start: offset, limit, length: logs.length, logs, total: found.total } : logs;
}
