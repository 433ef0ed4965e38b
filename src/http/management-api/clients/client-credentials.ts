import { Type } from 'typebox';
import {
  addClientCredential,
  changeClientCredential,
  removeClientCredential,
} from '../../../flows/manage-clients/manage-clients.ts';
import {
  credentialsOf,
  findCredential,
} from '../../../records/client-credentials/client-credentials.ts';
import { findClient } from '../../../records/clients/clients.ts';
import {
  type Api,
  ApiError,
  type BaseDeps,
  closed,
  conflict,
  notFound,
  nullable,
  offsetPaging,
  pageQuery,
  route,
  timestamp,
} from '../route/route.ts';
import {
  credentialBody,
  credentialSchema,
  toCredential,
  toCredentialWire,
} from './client-credential-wire.ts';

const tags = ['clients'];
const MOST = 20;
const clientId = Type.String({ minLength: 1, maxLength: 64, description: 'ID of the application' });
const ofClient = Type.Object({ client_id: clientId });
const params = Type.Object({
  client_id: clientId,
  credential_id: Type.String({ minLength: 1, maxLength: 64, description: 'ID of the credential' }),
});
const noClient = () => notFound('The client does not exist', 'inexistent_client');
const missing = () => notFound('Credential does not exist');

/**
 * `/clients/{client_id}/credentials`: public keys of an application. Its `client_authentication_methods` say which keys are
 * in use.
 */
export function clientCredentialRoutes(api: Api, deps: BaseDeps): void {
  const { db, clock } = deps;
  async function needClient(id: string): Promise<void> {
    if ((await findClient(db, id)) === null) throw noClient();
  }

  route(api, {
    method: 'GET',
    url: '/clients/:client_id/credentials',
    scopes: ['read:client_credentials'],
    summary: 'List the credentials of a client',
    description: 'Returns an array, even with `include_totals`.',
    tags,
    params: ofClient,
    query: closed(pageQuery),
    response: { 200: Type.Array(credentialSchema) },
    handler: async ({ params, query }) => {
      await needClient(params.client_id);
      // The response is an array, whatever the query says.
      const { offset, limit } = offsetPaging(query);
      const found = await credentialsOf(db, params.client_id);
      return found.slice(offset, offset + limit).map(toCredentialWire);
    },
  });
  route(api, {
    method: 'POST',
    url: '/clients/:client_id/credentials',
    scopes: ['create:client_credentials'],
    summary: 'Add a credential to a client',
    description: `The application uses the credential when its \`client_authentication_methods\` name it. Maximum: ${MOST} credentials.`,
    tags,
    params: ofClient,
    body: credentialBody,
    response: { 201: credentialSchema },
    handler: async ({ params, body }) => {
      const credential = toCredential(body, { clientId: params.client_id, now: clock.now() });
      const outcome = await addClientCredential(deps, credential, { most: MOST });
      if (outcome.kind === 'no_client') throw noClient();
      if (outcome.kind === 'duplicate') throw conflict('A credential with this kid already exists');
      if (outcome.kind === 'too_many') {
        throw new ApiError(403, `A client can have up to ${MOST} credentials. Delete one first.`);
      }
      return toCredentialWire(credential);
    },
  });
  route(api, {
    method: 'GET',
    url: '/clients/:client_id/credentials/:credential_id',
    scopes: ['read:client_credentials'],
    summary: 'Get a credential of a client',
    tags,
    params,
    response: { 200: credentialSchema },
    handler: async ({ params }) => {
      await needClient(params.client_id);
      const found = await findCredential(db, keyOf(params));
      if (found === null) throw missing();
      return toCredentialWire(found);
    },
  });
  route(api, {
    method: 'PATCH',
    url: '/clients/:client_id/credentials/:credential_id',
    scopes: ['update:client_credentials'],
    summary: 'Update the expiry of a credential of a client',
    tags,
    params,
    body: closed(
      {
        expires_at: Type.Optional(
          nullable(timestamp('When the credential expires. `null` means never.')),
        ),
      },
      { minProperties: 1 },
    ),
    response: { 200: credentialSchema },
    handler: async ({ params, body }) => {
      const expiresAt = body.expires_at ? new Date(body.expires_at) : null;
      const outcome = await changeClientCredential(deps, keyOf(params), { expiresAt });
      if (outcome.kind === 'no_client') throw noClient();
      if (outcome.kind === 'missing') throw missing();
      return toCredentialWire(outcome.credential);
    },
  });
  route(api, {
    method: 'DELETE',
    url: '/clients/:client_id/credentials/:credential_id',
    scopes: ['delete:client_credentials'],
    summary: 'Delete a credential of a client',
    description:
      'The credential stops working within 1 second. Returns 204 even if the credential does not exist.',
    tags,
    params,
    response: { 204: null },
    handler: ({ params }) => removeClientCredential(deps, keyOf(params)),
  });
}

function keyOf(params: { client_id: string; credential_id: string }) {
  return { clientId: params.client_id, id: params.credential_id };
}
