import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { organizationRules } from '../../../flows/enter-organization/enter-organization.ts';
import { requestReset } from '../../../flows/reset-password/reset-password.ts';
import { signUp } from '../../../flows/sign-up/sign-up.ts';
import type { Client } from '../../../records/clients/clients.ts';
import {
  type Connection,
  databasesOfClient,
  findConnectionByName,
  isConnectionEnabled,
} from '../../../records/connections/connections.ts';
import { exceeds } from '../../../records/metadata/metadata.ts';
import type { Organization } from '../../../records/organizations/organizations.ts';
import { readFields } from '../body.ts';
import { type Catalog, permitOrigin, registerPreflight } from '../clients/clients.ts';
import type { AuthenticationDeps } from '../deps.ts';
import {
  CONNECTION_NOT_ENABLED,
  isConnectionOfOrganization,
  organizationAllowed,
} from '../tokens/tokens.ts';
import {
  createdBody,
  readSignUp,
  refusalOf,
  type SignUpRefusal,
  wrongRequest,
} from './sign-up-wire.ts';

type Asked = {
  fields: Record<string, unknown>;
  connection: Connection;
  client: Client | null;
  /** `null` if the request names none. */
  organization: Organization | null;
};

/** Registers sign-up and password reset for applications with their own forms. */
export function registerDatabaseConnections(
  app: FastifyInstance,
  deps: AuthenticationDeps,
  catalog: Catalog,
): void {
  const { db } = deps;

  /**
   * Reads the parts that both requests share: fields, an enabled connection, and optionally a client that can use it. An organization uses
   * its own connections, as at a login.
   */
  async function read(
    request: FastifyRequest,
    reply: FastifyReply,
    { namesOrganization }: { namesOrganization: boolean },
  ): Promise<Asked | SignUpRefusal> {
    const body = typeof request.body === 'string' ? request.body : '';
    const fields = readFields(request.headers['content-type'], body);
    if (fields === null) return wrongRequest('The body must be a JSON object or a form.');
    const { client_id, connection: name } = fields;
    const client = typeof client_id === 'string' ? await catalog.client(client_id) : null;
    await permitOrigin(catalog, request, reply, client);
    if (client_id !== undefined && client === null) return wrongRequest('Unknown client_id.');
    if (typeof name !== 'string') return wrongRequest('connection is required');
    if (name.includes('\0')) return wrongRequest('Unknown connection.');
    const connection = await findConnectionByName(db, name);
    if (connection === null) return wrongRequest('Unknown connection.');
    if (namesOrganization && fields.organization !== undefined) {
      const organization = await organizationFor(client, fields.organization);
      if (typeof organization === 'string') return wrongRequest(organization);
      const isEnabled = await isConnectionOfOrganization(db, organization.id, name);
      return isEnabled
        ? { fields, connection, client, organization }
        : wrongRequest(CONNECTION_NOT_ENABLED);
    }
    const usable =
      client === null
        ? await isConnectionEnabled(db, connection.id)
        : (await databasesOfClient(db, client.id)).some(
            (candidate) => candidate.id === connection.id,
          );
    if (!usable) return wrongRequest('Unknown connection.');
    return { fields, connection, client, organization: null };
  }

  async function organizationFor(
    client: Client | null,
    wanted: unknown,
  ): Promise<Organization | string> {
    if (typeof wanted !== 'string' || wanted === '') return 'organization must be a string';
    const rules = client === null ? { usage: 'allow' as const } : organizationRules(client);
    return organizationAllowed(db, rules, wanted);
  }

  app.post('/dbconnections/signup', async (request, reply) => {
    const asked = await read(request, reply, { namesOrganization: false });
    if ('status' in asked) return refuse(reply, asked);
    const input = readSignUp(asked.connection, asked.fields);
    if ('status' in input) return refuse(reply, input);
    const most = deps.userMetadataMaxBytes ?? Number.POSITIVE_INFINITY;
    if (exceeds(input.userMetadata, most)) {
      return refuse(reply, wrongRequest(`user_metadata must take at most ${most} bytes`));
    }
    const outcome = await signUp(deps, {
      ...input,
      connection: asked.connection,
      clientId: asked.client?.id ?? null,
      ip: request.ip,
    });
    if (outcome.kind !== 'created' && outcome.kind !== 'asked') {
      const flags = (await catalog.tenant(''))?.flags;
      const tells = flags?.enable_public_signup_user_exists_error === true;
      return refuse(reply, refusalOf(outcome, tells));
    }
    return reply.send(createdBody(outcome.user, input));
  });

  app.post('/dbconnections/change_password', async (request, reply) => {
    const asked = await read(request, reply, { namesOrganization: true });
    if ('status' in asked) return refuse(reply, asked);
    const { email } = asked.fields;
    if (typeof email !== 'string' || email === '') {
      return refuse(reply, wrongRequest('email is required'));
    }
    const { connection, client, organization } = asked;
    // A lone surrogate is in no address and cannot be stored.
    if (email.isWellFormed()) {
      await requestReset(deps, {
        connection,
        email,
        clientId: client?.id ?? null,
        organizationId: organization?.id ?? null,
        membersOnly: true,
        ip: request.ip,
      });
    }
    return reply
      .type('text/html; charset=utf-8')
      .send("We've just sent you an email to reset your password.");
  });

  registerPreflight(app, '/dbconnections/signup', 'POST');
  registerPreflight(app, '/dbconnections/change_password', 'POST');
}

function refuse(reply: FastifyReply, refusal: SignUpRefusal): FastifyReply {
  if (refusal.retryAfterSeconds !== undefined) {
    reply.header('retry-after', refusal.retryAfterSeconds);
  }
  return reply.code(refusal.status).send(refusal.body);
}
