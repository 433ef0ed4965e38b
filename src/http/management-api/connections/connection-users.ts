import { Type } from 'typebox';
import { type ManageUsersDeps, removeUser } from '../../../flows/manage-users/manage-users.ts';
import { findConnection } from '../../../records/connections/connections.ts';
import { findUserByEmail } from '../../../records/users/users.ts';
import { type Api, badRequest, closed, idParams, notFound, route } from '../route/route.ts';

/** `/connections/{id}/users`: deletes one user of a connection. */
export function connectionUserRoutes(api: Api, deps: ManageUsersDeps): void {
  route(api, {
    method: 'DELETE',
    url: '/connections/:id/users',
    scopes: ['delete:users'],
    summary: 'Delete a user of a connection by email address',
    description:
      'Does the same as `DELETE /users/{id}`, without the user ID. Returns 204 even if the user does not exist.',
    tags: ['connections', 'users'],
    params: idParams('The id of the connection'),
    query: closed({
      email: Type.String({ format: 'email', description: 'The email of the user to delete' }),
    }),
    response: { 204: null },
    async handler({ params, query }) {
      const connection = await findConnection(deps.db, params.id);
      if (!connection) throw notFound('The connection does not exist', 'inexistent_connection');
      if (connection.strategy !== 'auth0') {
        throw badRequest('Connection must be a database connection');
      }
      const key = { connectionId: connection.id, email: query.email };
      const user = await findUserByEmail(deps.db, key);
      if (user) await removeUser(deps, user.id);
    },
  });
}
