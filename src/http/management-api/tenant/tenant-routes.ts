import { changeSettings } from '../../../flows/change-settings/change-settings.ts';
import { tenantSettings } from '../../../records/settings/settings.ts';
import {
  type Api,
  type BaseDeps,
  closed,
  fieldsQuery,
  nothingThere,
  pickFields,
  route,
} from '../route/route.ts';
import { TENANT_EFFECTS } from './effects-of-tenant.ts';
import { tenantBody, tenantChanges, tenantSchema, toWireTenant } from './tenant-wire.ts';

const tags = ['tenants'];
// The last field is on Auth0's wire, but Usher does not have it.
const TENANT_FIELDS = [...Object.keys(tenantSchema.properties), 'sandbox_versions_available'];

/** `/tenants/settings`: settings of the whole server. */
export function tenantRoutes(api: Api, deps: BaseDeps): void {
  const { db } = deps;
  route(api, {
    method: 'GET',
    url: '/tenants/settings',
    scopes: ['read:tenant_settings'],
    summary: 'Get the settings of the server',
    tags,
    query: closed(fieldsQuery(TENANT_FIELDS)),
    response: { 200: tenantSchema },
    handler: async ({ query }) => pickFields(toWireTenant(await tenantSettings(db)), query),
  });
  route(api, {
    method: 'PATCH',
    url: '/tenants/settings',
    scopes: ['update:tenant_settings'],
    summary: 'Update the settings of the server',
    description:
      'Settings that are absent stay unchanged. Flags change one by one. An object or a list is replaced as a whole. `null` ' +
      'or an empty string deletes a setting. ' +
      '`default_audience` and `default_directory` must exist. Deleting the API or the connection deletes the setting.',
    tags,
    body: tenantBody,
    effects: TENANT_EFFECTS,
    response: { 200: tenantSchema },
    handler: async ({ body }) => {
      const outcome = await changeSettings(deps, tenantChanges(body));
      switch (outcome.kind) {
        case 'no-api':
          throw nothingThere('default_audience', `API with the identifier ${outcome.identifier}`);
        case 'no-database':
          throw nothingThere('default_directory', `database connection named ${outcome.name}`);
        case 'changed':
          return toWireTenant(outcome.settings);
      }
    },
  });
}
