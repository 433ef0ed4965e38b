import { type Static, Type } from 'typebox';
import type { Client, ClientFilter } from '../../../records/clients/clients.ts';
import {
  badRequest,
  type Caller,
  checkpointQuery,
  fieldsQuery,
  type Paging,
  pageQuery,
} from '../route/route.ts';
import { toClientWire } from './client-merge.ts';
import { clientSchema } from './client-wire.ts';

// The last fields are on Auth0's wire, but no client of Usher has them.
export const CLIENT_FIELDS = [
  ...Object.keys(clientSchema.properties),
  'tenant',
  'external_client_id',
  'external_metadata_type',
  'external_metadata_created_by',
  'jwks_uri',
];

export const clientQuery = {
  ...fieldsQuery(CLIENT_FIELDS),
  ...pageQuery,
  ...checkpointQuery,
  is_global: Type.Optional(
    Type.Boolean({
      description: 'With `true`, only the global client, which stands for all applications',
    }),
  ),
  is_first_party: Type.Optional(
    Type.Boolean({
      description:
        'Whether to list only first-party applications. With `false`, the list is empty.',
    }),
  ),
  app_type: Type.Optional(
    Type.String({ maxLength: 500, description: 'Comma-separated application types' }),
  ),
  external_client_id: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 120,
      description: 'No application in Usher matches `true`',
    }),
  ),
  q: Type.Optional(
    Type.String({
      maxLength: 500,
      description:
        '`client_grant.organization_id:{id}` or `client_grant.allow_any_organization:true`, with checkpoint paging and no other filter',
    }),
  ),
};
const querySchema = Type.Object(clientQuery);
export type ClientQuery = Static<typeof querySchema>;

/** @throws ApiError 400 for a `q` that is not one of the two supported searches, or that comes with another filter */
export function filterOf(query: ClientQuery, kind: Paging['kind']): ClientFilter {
  const grantFor = query.q === undefined ? undefined : grantIn(query.q);
  const others = [query.is_global, query.is_first_party, query.app_type, query.external_client_id];
  if (
    grantFor !== undefined &&
    (kind !== 'checkpoint' || others.some((other) => other !== undefined))
  ) {
    throw badRequest(
      "Query validation error: 'q requires checkpoint paging (take, then from) and excludes other filters' on property q.",
      'invalid_query_string',
    );
  }
  return {
    ...(grantFor !== undefined && { grantFor }),
    ...(query.app_type !== undefined && { appTypes: query.app_type.split(',') }),
    // No client in Usher is registered by a metadata document of its own.
    ...(query.external_client_id !== undefined && { appTypes: [''] }),
    ...(query.is_first_party !== undefined && { isFirstParty: query.is_first_party }),
  };
}

/** Whether the global client passes the other filters. */
export function isGlobalWanted(query: ClientQuery): boolean {
  const { is_first_party, app_type, external_client_id } = query;
  return is_first_party !== false && app_type === undefined && external_client_id === undefined;
}

function grantIn(q: string): NonNullable<ClientFilter['grantFor']> {
  const organizationId = /^\s*client_grant\.organization_id:"?(\w{1,50})"?\s*$/.exec(q)?.[1];
  if (organizationId !== undefined) return { organizationId };
  if (/^\s*client_grant\.allow_any_organization:true\s*$/.test(q)) return 'any';
  throw badRequest(
    "Query validation error: 'Only client_grant.organization_id:{id} and client_grant.allow_any_organization:true are " +
      "supported' on property q.",
    'invalid_query_string',
  );
}

type SigningKeys = { cert: string; pkcs7: string; subject: string }[];

/** A client as this caller can see it. A caller with narrow scopes sees the name of a client, but not its settings. */
export function visibleTo(
  { scopes }: Caller,
  signingKeys: SigningKeys,
  secretOf: (client: Client) => string | undefined,
) {
  const all = scopes.has('read:clients') || scopes.has('read:client_keys');
  const keys = scopes.has('read:client_keys') || scopes.has('read:client_credentials');
  return (client: Client): Record<string, unknown> => {
    const secret = scopes.has('read:client_keys') ? secretOf(client) : undefined;
    const wire = toClientWire(client, secret);
    const { encryption_key, client_authentication_methods, ...rest } = {
      encryption_key: undefined,
      ...wire,
    };
    const { client_id, name, description, app_type } = rest;
    return {
      ...(all ? rest : { client_id, name, description, app_type }),
      ...(keys && { encryption_key, client_authentication_methods, signing_keys: signingKeys }),
    };
  };
}
