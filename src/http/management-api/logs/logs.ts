import { Type } from 'typebox';
import {
  findLog,
  type LogSearch,
  logsAfter,
  readLogQuery,
  readLogSearch,
} from '../../../records/logs/logs.ts';
import {
  type Api,
  type BaseDeps,
  badRequest,
  fieldsQuery,
  idParams,
  notFound,
  offsetPaging,
  pageOf,
  pageQuery,
  pickFields,
  route,
} from '../route/route.ts';
import { LOG_FIELDS, logSchema, pageOfLogs, sortQuery, toWireLog } from './log-wire.ts';

export { logSchema, pageOfLogs, sortQuery } from './log-wire.ts';

const tags = ['logs'];
const scopes = ['read:logs', 'read:logs_users'];
const partial = Type.Partial(logSchema);

/** /logs: events on this server. */
export function logRoutes(api: Api, { db }: BaseDeps): void {
  route(api, {
    method: 'GET',
    url: '/logs',
    scopes,
    summary: 'Search log entries',
    description:
      'Pages by number return the newest entry first and reach the newest 1000 entries. With a checkpoint (`from`, the ' +
      '`log_id` of your last entry, and `take`), the response contains all entries in order, without gaps or repetitions. ' +
      'Other parameters are then ignored.',
    tags,
    query: Type.Object({
      ...pageQuery,
      ...fieldsQuery(LOG_FIELDS),
      sort: sortQuery,
      from: Type.Optional(
        Type.String({ maxLength: 100, description: '`log_id` of the entry after which to start' }),
      ),
      take: Type.Optional(
        Type.Integer({
          minimum: 1,
          maximum: 100,
          description: 'Results per page with a checkpoint. Default: 50.',
        }),
      ),
      q: Type.Optional(
        Type.String({ description: 'Search in Lucene query syntax, such as `type:(fp OR fu)`' }),
      ),
      search: Type.Optional(
        Type.String({
          maxLength: 1000,
          description:
            'First characters of the name of an application, a connection or a user; or `field:` and the first characters',
        }),
      ),
    }),
    response: { 200: pageOf('logs', partial) },
    async handler({ query }) {
      if (query.from !== undefined || query.take !== undefined) {
        const entries = await logsAfter(db, {
          afterId: checkpointOf(query.from),
          limit: query.take ?? 50,
        });
        return entries.map(toWireLog);
      }
      return pageOfLogs(db, {
        search: searchOf(query),
        sort: query.sort,
        paging: offsetPaging(query),
        show: (log) => pickFields(log, query),
      });
    },
  });

  route(api, {
    method: 'GET',
    url: '/logs/:id',
    scopes,
    summary: 'Get a log entry',
    tags,
    params: idParams('`log_id` of the entry'),
    response: { 200: partial },
    async handler({ params }) {
      const entry = /^\d{1,80}$/.test(params.id) ? await findLog(db, params.id) : null;
      if (!entry) throw notFound('Log not found.');
      return toWireLog(entry);
    },
  });
}

function checkpointOf(from: string | undefined): string {
  if (from === undefined || from === '') return '';
  if (/^\d{1,80}$/.test(from)) return from;
  throw badRequest(
    "Query validation error: 'Expected the log_id of an entry' on property from.",
    'invalid_query_string',
  );
}

function searchOf(query: {
  q?: string | undefined;
  search?: string | undefined;
}): LogSearch | null {
  const { q, search } = query;
  if (q !== undefined && search !== undefined) {
    throw badRequest(
      "Query validation error: 'q and search cannot be combined' on property search.",
      'invalid_query_string',
    );
  }
  const given = q !== undefined && q.trim() !== '' ? 'q' : 'search';
  const text = given === 'q' ? q : search;
  if (text === undefined || text.trim() === '') return null;
  const prepared = given === 'q' ? readLogQuery(text) : readLogSearch(text);
  if (prepared.kind === 'ready') return prepared.search;
  throw badRequest(
    `Query validation error: '${prepared.message} (at character ${prepared.at + 1})' on property ${given}.`,
    'invalid_query_string',
  );
}
