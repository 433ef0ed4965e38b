import { type TProperties, type TSchema, Type } from 'typebox';
import {
  type Api,
  badRequest,
  checkpointQuery,
  closed,
  offsetPage,
  offsetPaging,
  pageOf,
  pageQuery,
  route,
} from './route/route.ts';

const maybe = <T extends TSchema>(schema: T) => Type.Optional(schema);
const nothing = Type.Object({});
const text = maybe(
  Type.String({ maxLength: 200, description: 'Filters the list, which is always empty' }),
);
const yesOrNo = maybe(Type.Boolean({ description: 'Filters the list, which is always empty' }));

type List = {
  url: string;
  scope: string;
  /** Property of the response that contains the list. */
  key: string;
  query?: TProperties;
};

/** Lists with pages. The response is an array, or an object if totals are requested. */
const PAGED: List[] = [
  { url: '/forms', scope: 'read:forms', key: 'forms', query: { hydrate: text } },
  {
    url: '/flows',
    scope: 'read:flows',
    key: 'flows',
    query: { hydrate: text, synchronous: yesOrNo },
  },
  { url: '/flows/vault/connections', scope: 'read:flows_vault_connections', key: 'connections' },
  {
    url: '/self-service-profiles',
    scope: 'read:self_service_profiles',
    key: 'self_service_profiles',
  },
  { url: '/network-acls', scope: 'read:network_acls', key: 'network_acls' },
];

/** Lists whose response is always an object, with checkpoints. */
const MARKED: List[] = [
  { url: '/event-streams', scope: 'read:event_streams', key: 'eventStreams' },
  {
    url: '/user-attribute-profiles',
    scope: 'read:user_attribute_profiles',
    key: 'user_attribute_profiles',
  },
  { url: '/connection-profiles', scope: 'read:connection_profiles', key: 'connection_profiles' },
  {
    url: '/token-exchange-profiles',
    scope: 'read:token_exchange_profiles',
    key: 'token_exchange_profiles',
  },
  {
    url: '/rate-limit-policies',
    scope: 'read:rate_limit_policies',
    key: 'rate_limit_policies',
    query: { resource: text, consumer: text, consumer_selector: text },
  },
  {
    url: '/connections-scim-configurations',
    scope: 'read:scim_config',
    key: 'scim_configurations',
  },
  {
    url: '/connections-directory-provisionings',
    scope: 'read:directory_provisionings',
    key: 'directory_provisionings',
  },
];

/** Lists whose response is an object, without pages or with numbered ones. */
const WHOLE: (List & { more: Record<string, number> })[] = [
  {
    url: '/actions/modules',
    scope: 'read:actions',
    key: 'modules',
    query: { page: pageQuery.page, per_page: pageQuery.per_page },
    more: { total: 0, page: 0, per_page: 50 },
  },
  {
    url: '/branding/phone/providers',
    scope: 'read:phone_providers',
    key: 'providers',
    query: { disabled: yesOrNo },
    more: {},
  },
  {
    url: '/branding/phone/templates',
    scope: 'read:phone_templates',
    key: 'templates',
    query: { disabled: yesOrNo },
    more: {},
  },
];

/** Lists whose response is an array. */
const BARE: List[] = [{ url: '/log-streams', scope: 'read:log_streams', key: 'log_streams' }];

/** Single settings of features that Usher does not have. They are off and cannot be enabled. */
const OFF = [
  { url: '/risk-assessments/settings', name: 'enabled', off: false },
  { url: '/risk-assessments/settings/new-device', name: 'remember_for', off: 0 },
  { url: '/supplemental-signals', name: 'akamai_enabled', off: false },
];

/**
 * Features of Auth0 that Usher does not have. Reads return an empty list or that the feature is off, so that tools which
 * read everything run to their end. Writes are refused.
 */
export function notOfferedRoutes(api: Api): void {
  for (const { url, scope, key, query } of PAGED) {
    const about = reading(url, scope);
    route(api, {
      ...about,
      query: closed({ ...pageQuery, ...query }),
      response: { 200: pageOf(key, nothing) },
      handler: ({ query: asked }) => {
        return offsetPage(offsetPaging(asked), key, [], 0);
      },
    });
  }
  for (const { url, scope, key, query } of MARKED) {
    route(api, {
      ...reading(url, scope),
      query: closed({ ...checkpointQuery, ...query }),
      response: { 200: Type.Object({ [key]: Type.Array(nothing) }) },
      handler: () => ({ [key]: [] }),
    });
  }
  for (const { url, scope, key, query = {}, more } of WHOLE) {
    const numbers = Object.fromEntries(Object.keys(more).map((name) => [name, Type.Integer()]));
    route(api, {
      ...reading(url, scope),
      query: closed(query),
      response: { 200: Type.Object({ [key]: Type.Array(nothing), ...numbers }) },
      handler: ({ query: asked }) => ({ [key]: [], ...more, ...numbersOf(asked) }),
    });
  }
  for (const { url, scope } of BARE) {
    route(api, {
      ...reading(url, scope),
      response: { 200: Type.Array(nothing) },
      handler: () => [],
    });
  }
  for (const { url, name, off } of OFF) offRoutes(api, { url, name, off });
}

/** The requested page numbers, which the response repeats. */
function numbersOf(asked: { page?: unknown; per_page?: unknown }) {
  const { page, per_page } = asked;
  return { ...(page !== undefined && { page }), ...(per_page !== undefined && { per_page }) };
}

function offRoutes(api: Api, { url, name, off }: (typeof OFF)[number]): void {
  const value = typeof off === 'boolean' ? Type.Boolean() : Type.Integer({ minimum: 0 });
  const schema = Type.Object({ [name]: value });
  route(api, {
    ...reading(url, 'read:attack_protection'),
    response: { 200: schema },
    handler: () => ({ [name]: off }),
  });
  route(api, {
    method: 'PATCH',
    url,
    scopes: ['update:attack_protection'],
    summary: 'Confirm that the feature is off',
    description: 'Usher does not have this feature. It refuses every other value.',
    tags: ['not offered'],
    body: closed({ [name]: value }),
    response: { 200: schema },
    handler: ({ body }) => {
      if (Object.values(body)[0] !== off) {
        throw badRequest(`This version does not support ${name}.`, 'operation_not_supported');
      }
      return { [name]: off };
    },
  });
}

function reading(url: string, scope: string) {
  return {
    method: 'GET' as const,
    url,
    scopes: [scope],
    summary: 'Returns an empty result',
    description: 'Usher does not have this feature, so the response is always empty or off.',
    tags: ['not offered'],
  };
}
