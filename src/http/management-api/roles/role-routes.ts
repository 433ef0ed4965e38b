import { Type } from 'typebox';
import { changeRole, createRole, removeRole } from '../../../flows/manage-roles/manage-roles.ts';
import { findRole, listRoles } from '../../../records/roles/roles.ts';
import {
  type Api,
  type BaseDeps,
  badRequest,
  closed,
  conflict,
  offsetPage,
  offsetPaging,
  oneOf,
  pageOf,
  pageQuery,
  route,
} from '../route/route.ts';
import { noRole, roleParams, roleSchema, toRoleWire } from './role-wire.ts';

const tags = ['roles'];
const one = { url: '/roles/:id', tags, params: roleParams };
const fields = {
  name: Type.String({ minLength: 1, maxLength: 255, description: 'Name of the role' }),
  description: Type.String({ maxLength: 1000, description: 'Description of the role' }),
};
const taken = () => conflict('The role already exists.');

/** `/roles`: roles, which are named sets of permissions. */
export function roleRoutes(api: Api, deps: BaseDeps): void {
  const { db } = deps;
  route(api, {
    method: 'POST',
    url: '/roles',
    scopes: ['create:roles'],
    summary: 'Create a role',
    tags,
    body: closed({ name: fields.name, description: Type.Optional(fields.description) }),
    response: { 200: roleSchema },
    handler: async ({ body }) => {
      const { name, description = null } = body;
      const outcome = await createRole(deps, { name, description });
      if (outcome.kind === 'duplicate') throw taken();
      return toRoleWire(outcome.role);
    },
  });
  route(api, {
    method: 'GET',
    url: '/roles',
    scopes: ['read:roles'],
    summary: 'List roles',
    tags,
    query: closed({
      ...pageQuery,
      name_filter: Type.Optional(
        Type.String({
          maxLength: 255,
          description: 'Part of the name. Upper and lower case are equal.',
        }),
      ),
      type: Type.Optional(
        oneOf(['tenant', 'organization'], {
          description: 'Kind of role. Roles that belong to an organization do not exist in Usher.',
        }),
      ),
      owner_id: Type.Optional(
        Type.String({
          maxLength: 50,
          description: 'ID of the organization. Only with `type=organization`.',
        }),
      ),
    }),
    response: { 200: pageOf('roles', roleSchema) },
    handler: async ({ query }) => {
      if (query.owner_id !== undefined && query.type !== 'organization') {
        throw badRequest(
          "Query validation error: 'Requires type=organization' on property owner_id.",
          'invalid_query_string',
        );
      }
      const paging = offsetPaging(query);
      if (query.type === 'organization') return offsetPage(paging, 'roles', [], 0);
      const filter = query.name_filter ? { nameFilter: query.name_filter } : {};
      const { roles, total } = await listRoles(db, { ...filter, ...paging });
      return offsetPage(paging, 'roles', roles.map(toRoleWire), total);
    },
  });
  route(api, {
    ...one,
    method: 'GET',
    scopes: ['read:roles'],
    summary: 'Get a role',
    response: { 200: roleSchema },
    handler: async ({ params }) => {
      const role = await findRole(db, params.id);
      if (role === null) throw noRole();
      return toRoleWire(role);
    },
  });
  route(api, {
    ...one,
    method: 'PATCH',
    scopes: ['update:roles'],
    summary: 'Update a role',
    body: closed({
      name: Type.Optional(fields.name),
      description: Type.Optional(fields.description),
    }),
    response: { 200: roleSchema },
    handler: async ({ params, body }) => {
      const outcome = await changeRole(deps, params.id, body);
      if (outcome.kind === 'missing') throw noRole();
      if (outcome.kind === 'duplicate') throw taken();
      return toRoleWire(outcome.role);
    },
  });
  route(api, {
    ...one,
    method: 'DELETE',
    scopes: ['delete:roles'],
    summary: 'Delete a role',
    description: 'Users who have the role lose it at once. Returns 404 if the role does not exist.',
    response: { 200: Type.Object({}) },
    handler: async ({ params }) => {
      const outcome = await removeRole(deps, params.id);
      if (outcome.kind === 'missing') throw noRole();
      return {};
    },
  });
}
