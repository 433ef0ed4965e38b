import { type Static, Type } from 'typebox';
import {
  addDomain,
  changeDomain,
  chooseDefaultDomain,
  removeDomain,
} from '../../../flows/manage-domains/manage-domains.ts';
import { type VerifyDomainDeps, verifyDomain } from '../../../flows/verify-domain/verify-domain.ts';
import {
  type CustomDomain,
  customDomains,
  defaultCustomDomain,
  findCustomDomain,
  MAX_DOMAINS,
} from '../../../records/custom-domains/custom-domains.ts';
import {
  type Api,
  type BaseDeps,
  badRequest,
  checkpointPage,
  checkpointQuery,
  closed,
  conflict,
  fieldsQuery,
  idParams,
  notFound,
  pagingOf,
  pickFields,
  route,
  sortOf,
} from '../route/route.ts';
import {
  createBody,
  domainName,
  domainSchema,
  patchBody,
  toWireDomain,
} from './custom-domain-wire.ts';
import { DOMAIN_EFFECTS, NEW_DOMAIN_EFFECTS } from './effects-of-custom-domains.ts';

const tags = ['custom-domains'];
const params = idParams('ID of the custom domain');
const text = Type.Optional(Type.String({ maxLength: 1000 }));
// The last fields are on Auth0's wire, but no domain of Usher has them.
const DOMAIN_FIELDS = [
  ...Object.keys(domainSchema.properties),
  'origin_domain_name',
  'certificate',
];

const missing = () => notFound('Custom domain not found.', 'inexistent_custom_domain');

/** `/custom-domains`: other domains under which users reach this server. */
export function customDomainRoutes(api: Api, deps: BaseDeps & VerifyDomainDeps): void {
  const { db } = deps;
  route(api, {
    method: 'GET',
    url: '/custom-domains',
    scopes: ['read:custom_domains'],
    summary: 'List custom domains',
    tags,
    query: closed({
      ...checkpointQuery,
      ...fieldsQuery(DOMAIN_FIELDS),
      q: Type.Optional(
        Type.String({ maxLength: 0, description: 'Search is not supported. Leave it empty.' }),
      ),
      sort: Type.Optional(
        Type.String({
          maxLength: 15,
          description:
            'Sort order: `domain:1` or `domain:-1`. Cannot be combined with a checkpoint.',
        }),
      ),
    }),
    response: {
      200: Type.Unsafe<unknown>({
        anyOf: [
          Type.Array(domainSchema),
          Type.Object({ custom_domains: Type.Array(domainSchema), next: text }),
        ],
      }),
    },
    handler: async ({ query }) => {
      const toWire = (customDomain: CustomDomain) => pickFields(toWireDomain(customDomain), query);
      const paging = pagingOf(query);
      const order = sortOf(query.sort, { domain: 'domain' }, paging);
      if (paging.kind === 'checkpoint') {
        const { afterId, limit } = paging;
        const found = await customDomains(db, { afterId, limit: limit + 1 });
        return checkpointPage(
          paging,
          'custom_domains',
          found,
          (customDomain) => customDomain.id,
          toWire,
        );
      }
      const all = await customDomains(db, { limit: MAX_DOMAINS });
      return (order === undefined ? all : byName(all, order.descending)).map(toWire);
    },
  });
  route(api, {
    method: 'POST',
    url: '/custom-domains',
    scopes: ['create:custom_domains'],
    summary: 'Add a custom domain',
    description:
      'The domain works after it is verified: publish the TXT record in the response, then call `verify`. The domain must ' +
      'lead to this server. You provide its certificate.',
    tags,
    body: createBody,
    effects: NEW_DOMAIN_EFFECTS,
    response: { 201: domainSchema },
    handler: async ({ body }) => {
      const { domain, type, verification_method: _, ...settings } = body;
      checkSettings(type, domain, settings);
      const outcome = await addDomain(deps, { domain, type, settings });
      switch (outcome.kind) {
        case 'added':
          return toWireDomain(outcome.domain);
        case 'duplicate':
          throw conflict('Custom domain already exists.', 'custom_domain_conflict');
        case 'too_many':
          throw conflict('You reached the maximum number of custom domains for your account.');
      }
    },
  });
  defaultRoutes(api, deps);
  route(api, {
    method: 'GET',
    url: '/custom-domains/:id',
    scopes: ['read:custom_domains'],
    summary: 'Get a custom domain',
    tags,
    params,
    response: { 200: domainSchema },
    handler: async ({ params: { id } }) => {
      const found = await findCustomDomain(db, id);
      if (found === null) throw missing();
      return toWireDomain(found);
    },
  });
  route(api, {
    method: 'PATCH',
    url: '/custom-domains/:id',
    scopes: ['update:custom_domains'],
    summary: 'Update a custom domain',
    tags,
    params,
    body: patchBody,
    effects: DOMAIN_EFFECTS,
    response: { 200: domainSchema },
    handler: async ({ params: { id }, body }) => {
      const found = await findCustomDomain(db, id);
      if (found === null) throw missing();
      checkSettings(found.type, found.domain, body);
      const changed = await changeDomain(deps, id, body);
      if (changed === null) throw missing();
      return toWireDomain(changed);
    },
  });
  route(api, {
    method: 'DELETE',
    url: '/custom-domains/:id',
    scopes: ['delete:custom_domains'],
    summary: 'Delete a custom domain',
    description:
      'Links with the domain keep working as long as the domain leads to this server. Returns 204 even if the domain does ' +
      'not exist.',
    tags,
    params,
    response: { 204: null },
    handler: async ({ params: { id } }) => {
      if ((await removeDomain(deps, id)).kind === 'default') {
        throw conflict(
          'Cannot delete the default custom domain. Please set another domain as default before deleting this one.',
        );
      }
    },
  });
  route(api, {
    method: 'POST',
    url: '/custom-domains/:id/verify',
    scopes: ['create:custom_domains'],
    summary: 'Verify a custom domain',
    description:
      'Looks for the TXT record of the domain. `status` says whether the record was found.',
    tags,
    params,
    response: { 200: domainSchema },
    handler: async ({ params: { id } }) => {
      const outcome = await verifyDomain(deps, id);
      if (outcome.kind === 'missing') throw missing();
      if (outcome.kind === 'already') {
        throw badRequest('Custom domain already verified.', 'custom_domain_already_verified');
      }
      return toWireDomain(outcome.domain, outcome.kind === 'pending' ? outcome.problem : undefined);
    },
  });
  route(api, {
    method: 'POST',
    url: '/custom-domains/:id/test',
    scopes: ['read:custom_domains'],
    summary: 'Test whether links can use a custom domain',
    tags,
    params,
    response: { 200: Type.Object({ success: Type.Boolean(), message: text }) },
    handler: async ({ params: { id } }) => {
      const found = await findCustomDomain(db, id);
      if (found === null) throw missing();
      if (found.verifiedAt === null) throw conflict('The custom domain is not ready.');
      return { success: true, message: `Links can use ${found.domain}.` };
    },
  });
}

function byName(domains: CustomDomain[], descending: boolean): CustomDomain[] {
  const sorted = domains.toSorted((a, b) => (a.domain < b.domain ? -1 : 1));
  return descending ? sorted.reverse() : sorted;
}

function defaultRoutes(api: Api, deps: BaseDeps): void {
  const ours = new URL(deps.publicUrl).host;
  route(api, {
    method: 'GET',
    url: '/custom-domains/default',
    scopes: ['read:custom_domains'],
    summary: 'Get the default domain',
    tags,
    response: { 200: domainSchema },
    handler: async () => {
      const found = await defaultCustomDomain(deps.db);
      return found === null ? { domain: ours } : toWireDomain(found);
    },
  });
  route(api, {
    method: 'PATCH',
    url: '/custom-domains/default',
    scopes: ['update:custom_domains'],
    summary: 'Set the default domain',
    description:
      'Domain of links for which a request names none: a verified custom domain, or the domain of this server.',
    tags,
    // The domain of this server can have a port.
    body: closed({ domain: Type.Union([domainName, Type.Literal(ours)]) }),
    response: { 200: domainSchema },
    handler: async ({ body: { domain } }) => {
      const isOurs = domain.toLowerCase() === ours;
      const outcome = await chooseDefaultDomain(deps, isOurs ? null : domain);
      if (outcome.kind === 'not_verified') {
        throw badRequest(
          'The default domain must be a verified custom domain or the canonical domain.',
        );
      }
      return outcome.domain === null ? { domain: ours } : toWireDomain(outcome.domain);
    },
  });
}

function checkSettings(type: string, domain: string, settings: Static<typeof patchBody>): void {
  const { tls_policy: policy, custom_client_ip_header: header } = settings;
  if (type === 'self_managed_certs' && policy !== undefined) {
    throw badRequest("The 'tls_policy' cannot be set on self_managed domains");
  }
  if (type === 'auth0_managed_certs' && header) {
    throw badRequest("The 'custom_client_ip_header' cannot be set on auth0_managed domains");
  }
  const party = settings.relying_party_identifier?.toLowerCase();
  const name = domain.toLowerCase();
  // Browsers refuse a domain such as `com`.
  const isParent = party?.includes('.') === true && name.endsWith(`.${party}`);
  if (party && party !== name && !isParent) {
    throw badRequest(
      "The 'relying_party_identifier' must be equal to or a registrable domain suffix of the domain.",
    );
  }
}
