import { Type } from 'typebox';
import { logSchema, pageOfLogs, sortQuery } from '../logs/logs.ts';
import { type Api, type BaseDeps, idParams, pageOf, pageQuery, route } from '../route/route.ts';

/** /users/{id}/logs: the log entries of one user. */
export function userLogRoutes(api: Api, { db }: BaseDeps): void {
  route(api, {
    method: 'GET',
    url: '/users/:id/logs',
    scopes: ['read:logs', 'read:logs_users'],
    summary: 'List the log entries of a user',
    description:
      'Returns the newest entry first. Pages reach the newest 1000 entries. The list is empty if the user does not exist.',
    tags: ['users'],
    params: idParams('ID of the user'),
    query: Type.Object({ ...pageQuery, sort: sortQuery }),
    response: { 200: pageOf('logs', Type.Partial(logSchema)) },
    async handler({ params, query }) {
      const limit = query.per_page ?? 50;
      const offset = (query.page ?? 0) * limit;
      const totals = query.include_totals === true;
      const { logs, total } = await pageOfLogs(db, {
        search: null,
        userId: params.id.replaceAll('\0', ''),
        sort: query.sort,
        offset,
        limit,
        totals,
      });
      return totals ? { start: offset, limit, length: logs.length, logs, total } : logs;
    },
  });
}
