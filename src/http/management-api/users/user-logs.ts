import { Type } from 'typebox';
import { logSchema, pageOfLogs, sortQuery } from '../logs/logs.ts';
import {
  type Api,
  type BaseDeps,
  idParams,
  offsetPaging,
  pageOf,
  pageQuery,
  route,
} from '../route/route.ts';

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
      return pageOfLogs(db, {
        search: null,
        userId: params.id.replaceAll('\0', ''),
        sort: query.sort,
        paging: offsetPaging(query),
      });
    },
  });
}
