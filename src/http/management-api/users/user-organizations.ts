import { organizationsOfUser } from '../../../records/organizations/organizations.ts';
import { findUser } from '../../../records/users/users.ts';
import { organizationSchema, toWireOrganization } from '../organizations/organizations.ts';
import {
  type Api,
  type BaseDeps,
  closed,
  idParams,
  notFound,
  offsetPage,
  offsetPaging,
  pageOf,
  pageQuery,
  refuseDeep,
  route,
} from '../route/route.ts';

/** `/users/{id}/organizations`: the organizations of a user. */
export function userOrganizationRoutes(api: Api, { db }: BaseDeps): void {
  route(api, {
    method: 'GET',
    url: '/users/:id/organizations',
    scopes: ['read:organizations', 'read:users'],
    summary: 'List the organizations of a user',
    tags: ['users'],
    params: idParams('ID of the user'),
    query: closed(pageQuery),
    response: { 200: pageOf('organizations', organizationSchema) },
    handler: async ({ params, query }) => {
      if ((await findUser(db, params.id)) === null) {
        throw notFound('The user does not exist.', 'inexistent_user');
      }
      const paging = offsetPaging(query);
      refuseDeep(paging);
      const { offset, limit } = paging;
      const page = { userId: params.id, offset, limit };
      const { organizations, total } = await organizationsOfUser(db, page);
      const shown = organizations.map((organization) => toWireOrganization(organization));
      return offsetPage(paging, 'organizations', shown, total);
    },
  });
}
