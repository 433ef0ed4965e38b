import { organizationsOfUser } from '../../../records/organizations/organizations.ts';
import { organizationSchema, toWireOrganization } from '../organizations/organizations.ts';
import {
  type Api,
  type BaseDeps,
  closed,
  idParams,
  offsetPage,
  offsetPaging,
  pageOf,
  pageQuery,
  refuseDeep,
  route,
  userOf,
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
      await userOf(db, params.id);
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
