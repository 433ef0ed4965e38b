import type { Static } from 'typebox';
import {
  changeClient,
  createClient,
  rotateClientSecret,
} from '../../../flows/manage-clients/manage-clients.ts';
import { removeClient } from '../../../flows/remove-in-batches/remove-in-batches.ts';
import {
  type Client,
  clientsAfter,
  defaultSettings,
  findClient,
  listClients,
  newClientId,
  shownSecret,
} from '../../../records/clients/clients.ts';
import { listSigningKeys } from '../../../records/signing-keys/signing-keys.ts';
import {
  type Api,
  type BaseDeps,
  badRequest,
  type Caller,
  checkpointPage,
  closed,
  conflict,
  fieldsQuery,
  idParams,
  notFound,
  offsetPage,
  pageOf,
  pagingOf,
  pickFields,
  requireScope,
  route,
} from '../route/route.ts';
import { refuseBoth, wantedKeys } from './client-authentication.ts';
import { toCredential } from './client-credential-wire.ts';
import { mergeSettings, toClientWire } from './client-merge.ts';
import {
  CLIENT_FIELDS,
  type ClientQuery,
  clientQuery,
  filterOf,
  isGlobalWanted,
  visibleTo,
} from './client-query.ts';
import { clientSchema, createBody, patchBody } from './client-wire.ts';
import { chosenOrganization, noDefaultOrganization } from './default-organization.ts';
import { CLIENT_EFFECTS } from './effects-of-clients.ts';
import { GLOBAL_CLIENT } from './global-client.ts';
import { changesIdTokens } from './id-token-secret.ts';

const tags = ['clients'];
const params = idParams('ID of the application');
const READ = [
  'read:clients',
  'read:client_keys',
  'read:client_credentials',
  'read:client_summary',
] as const;
const VISIBLE =
  'Each of the scopes shows `client_id`, `app_type`, `name` and `description`. `read:clients` and `read:client_keys` ' +
  'show the other fields, except `encryption_key`, `signing_keys` and `client_authentication_methods`, which require ' +
  '`read:client_keys` or `read:client_credentials`. `client_secret` requires `read:client_keys`, and the server setting ' +
  'CLIENT_SECRETS must be `encrypted`; by default the server stores only a hash of it.';

const missing = () => notFound('The client does not exist', 'inexistent_client');

/** `/clients`: applications. */
export function clientRoutes(api: Api, deps: BaseDeps): void {
  route(api, {
    method: 'POST',
    url: '/clients',
    scopes: ['create:clients'],
    summary: 'Create a client',
    description:
      'The response contains the `client_secret`. It is shown only once, unless CLIENT_SECRETS is `encrypted`. After people ' +
      'accept an invitation, Usher redirects them to `initiate_login_uri`. It must use https, except on localhost and ' +
      '127.0.0.1, so that you can test an application during development. Auth0 refuses these exceptions.',
    tags,
    body: createBody,
    effects: CLIENT_EFFECTS,
    response: { 201: clientSchema },
    handler: async ({ body, caller }) => {
      if (body.client_authentication_methods !== undefined) {
        requireScope(caller, ['create:client_credentials']);
      }
      return create(deps, body);
    },
  });
  route(api, {
    method: 'GET',
    url: '/clients',
    scopes: READ,
    summary: 'List clients',
    description: VISIBLE,
    tags,
    query: closed(clientQuery),
    response: { 200: pageOf('clients', clientSchema) },
    handler: ({ query, caller }) => list(deps, query, caller),
  });
  route(api, {
    method: 'GET',
    url: '/clients/:id',
    scopes: READ,
    summary: 'Get a client',
    description: VISIBLE,
    tags,
    params,
    query: closed(fieldsQuery(CLIENT_FIELDS)),
    response: { 200: clientSchema },
    handler: async ({ params, query, caller }) => {
      const client = await findClient(deps.db, params.id);
      if (client === null) throw missing();
      const shown = visibleTo(caller, await signingKeysOf(deps), (client) =>
        shownSecret(deps, client),
      );
      return pickFields(shown(client), query);
    },
  });
  route(api, {
    method: 'PATCH',
    url: '/clients/:id',
    scopes: ['update:clients', 'update:client_keys', 'update:client_credentials'],
    summary: 'Update a client',
    description:
      'Merges `client_metadata`; `null` deletes a key. Replaces other fields. `client_secret` requires ' +
      '`update:client_keys`. `client_authentication_methods` requires `update:client_credentials`, which allows no other ' +
      'change.',
    tags,
    params,
    body: patchBody,
    effects: CLIENT_EFFECTS,
    response: { 200: clientSchema },
    handler: async ({ params, body, caller }) => {
      // A caller who can set a secret can act as that client, with all its rights.
      const { client_secret, client_authentication_methods, ...plain } = body;
      if (client_secret !== undefined) requireScope(caller, ['update:client_keys']);
      if (client_authentication_methods !== undefined) {
        requireScope(caller, ['update:client_credentials']);
      }
      if (Object.keys(plain).length > 0) {
        requireScope(caller, ['update:clients', 'update:client_keys']);
      }
      const client = await change(deps, params.id, body);
      return { ...toClientWire(client), signing_keys: await signingKeysOf(deps) };
    },
  });
  route(api, {
    method: 'DELETE',
    url: '/clients/:id',
    scopes: ['delete:clients'],
    summary: 'Delete a client',
    description:
      'Its tokens for this API stop working within 1 second. Returns 204 even if the application does not exist.',
    tags,
    params,
    response: { 204: null },
    handler: async ({ params }) => {
      await removeClient(deps, params.id);
    },
  });
  route(api, {
    method: 'POST',
    url: '/clients/:id/rotate-secret',
    scopes: ['update:client_keys'],
    summary: 'Rotate the secret of a client',
    description:
      'The old secret stops working at once. The response contains the new secret. It is shown only once, unless ' +
      'CLIENT_SECRETS is `encrypted`.',
    tags,
    params,
    response: { 200: clientSchema },
    handler: async ({ params }) => {
      const outcome = await rotateClientSecret(deps, params.id);
      if (outcome.kind === 'missing') throw missing();
      if (outcome.kind === 'no_secret') {
        throw badRequest(
          'The client authenticates with private_key_jwt, so it has no secret to rotate.',
          'operation_not_supported',
        );
      }
      const { client, secret } = outcome;
      return { ...toClientWire(client, secret), signing_keys: await signingKeysOf(deps) };
    },
  });
}

async function create(deps: BaseDeps, body: Static<typeof createBody>) {
  refuseBoth(body);
  const { name, client_authentication_methods: methods, ...rest } = body;
  const now = deps.clock.now();
  const id = newClientId();
  const credentials = methods?.private_key_jwt?.credentials.map((credential) =>
    toCredential(credential, { clientId: id, now }),
  );
  const settings = {
    ...mergeSettings(defaultSettings(body.app_type), rest),
    ...(credentials && {
      privateKeyJwt: credentials.map((credential) => credential.id),
      tokenEndpointAuthMethod: 'client_secret_post' as const,
    }),
  };
  const outcome = await createClient(deps, {
    id,
    name,
    settings,
    credentials: credentials ?? [],
    defaultOrganizationId: chosenOrganization(body),
  });
  if (outcome.kind === 'no_organization') throw noDefaultOrganization(outcome.id);
  if (outcome.kind === 'duplicate_kid') {
    throw conflict('A credential with this kid already exists');
  }
  const { client, secret } = outcome;
  return { ...toClientWire(client, secret), signing_keys: await signingKeysOf(deps) };
}

async function list(deps: BaseDeps, query: ClientQuery, caller: Caller) {
  const paging = pagingOf(query);
  const filter = filterOf(query, paging.kind);
  const shown = visibleTo(caller, await signingKeysOf(deps), (client) => shownSecret(deps, client));
  const toWire = (client: Client) => pickFields(shown(client), query);
  if (query.is_global === true) {
    const only = isGlobalWanted(query) ? [pickFields(GLOBAL_CLIENT, query)] : [];
    if (paging.kind === 'checkpoint') return { clients: only };
    const shown = only.slice(paging.offset, paging.offset + paging.limit);
    return offsetPage(paging, 'clients', shown, only.length);
  }
  if (paging.kind === 'checkpoint') {
    const { afterId, limit } = paging;
    const found = await clientsAfter(deps.db, { ...filter, afterId, limit: limit + 1 });
    return checkpointPage(paging, 'clients', found, (client) => client.id, toWire);
  }
  const { clients, total } = await listClients(deps.db, { ...filter, ...paging });
  return offsetPage(paging, 'clients', clients.map(toWire), total);
}

async function change(
  deps: BaseDeps,
  id: string,
  { client_secret, ...body }: Static<typeof patchBody>,
): Promise<Client> {
  const outcome = await changeClient(deps, id, {
    name: body.name,
    secret: client_secret,
    merge: (before) => mergeSettings(before, body),
    credentialIds: wantedKeys(body) ?? [],
    touchesIdTokens: changesIdTokens(body),
    defaultOrganizationId: chosenOrganization(body),
  });
  if (outcome.kind === 'no_organization') throw noDefaultOrganization(outcome.id);
  if (outcome.kind === 'missing') throw missing();
  if (outcome.kind === 'no_credential') throw notFound('Credential does not exist');
  return outcome.client;
}

/** The certificate that verifies this server's tokens. It is the same for every client. */
async function signingKeysOf({ db, publicUrl }: BaseDeps) {
  const keys = await listSigningKeys(db);
  const subject = `/CN=${new URL(publicUrl).hostname}`;
  return keys
    .filter((key) => key.state === 'current')
    .map((key) => ({ cert: key.certificate, pkcs7: key.pkcs7, subject }));
}
