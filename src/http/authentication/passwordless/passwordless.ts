import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { recipientOf, startPasswordless } from '../../../flows/passwordless/passwordless.ts';
import { newObjectId } from '../../../platform/ids/ids.ts';
import type { Client } from '../../../records/clients/clients.ts';
import {
  type Connection,
  connectionsOfClient,
  isPasswordless,
} from '../../../records/connections/connections.ts';
import type { AuthenticationErrorCode, OAuthErrorBody } from '../../seams/seams.ts';
import { readFields } from '../body.ts';
import { type JudgeClient, showsProof } from '../client-proof/client-proof.ts';
import { type Catalog, permitOrigin, registerPreflight } from '../clients/clients.ts';
import type { AuthenticationDeps } from '../deps.ts';
import { readAuthParams } from './passwordless-auth-params.ts';

type Deps = AuthenticationDeps & { catalog: Catalog; judgeClient: JudgeClient };
type Refused = {
  status: number;
  error: AuthenticationErrorCode;
  description: string;
  retryAfterSeconds?: number;
};
type Asked = {
  client: Client;
  connection: Connection;
  recipient: string;
  /** The parameters of the link's request to /authorize. If undefined, the message has a code. */
  link: Record<string, string> | undefined;
};

const NOT_SENT = 'The message could not be sent. Try again later.';

/** Registers `/passwordless/start`, which sends a code or a link to log in with. */
export function registerPasswordless(app: FastifyInstance, deps: Deps): void {
  const { catalog } = deps;

  async function read(
    fields: Record<string, unknown> | null,
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<Asked | Refused> {
    if (fields === null) return bad('invalid_request', 'The body must be a JSON object or a form.');
    const { client_id: clientId, connection: name, send } = fields;
    const client = typeof clientId === 'string' ? await catalog.client(clientId) : null;
    await permitOrigin(catalog, request, reply, client);
    if (client === null) return bad('invalid_request', 'Unknown client_id.');
    if (!(await isProven(deps, request, reply, { client, fields }))) {
      return { status: 401, error: 'access_denied', description: 'Unauthorized' };
    }
    if (typeof name !== 'string')
      return bad('bad.connection', 'Missing required property: connection');
    const connection = (await connectionsOfClient(deps.db, client.id)).find(
      (candidate) => candidate.name === name && isPasswordless(candidate),
    );
    if (connection === undefined) {
      return bad(
        'bad.connection',
        'Connection does not exist, is disabled, or is not passwordless.',
      );
    }
    const isLink = send === 'link' && connection.strategy === 'email';
    if (send !== undefined && send !== 'code' && !isLink) {
      return bad('bad.send', 'send must be "code", or "link" where mails are sent.');
    }
    const link = isLink ? readAuthParams(client, fields.authParams) : undefined;
    if (typeof link === 'string') return bad('bad.authParams', link);
    const said = connection.strategy === 'email' ? fields.email : fields.phone_number;
    const recipient = recipientOf(connection, said);
    if (recipient !== null) return { client, connection, recipient, link };
    return connection.strategy === 'email'
      ? bad('bad.email', 'error in email - email format validation failed')
      : bad('bad.phone_number', 'phone_number must be in the form +15551234567');
  }

  app.post('/passwordless/start', async (request, reply) => {
    const body = typeof request.body === 'string' ? request.body : '';
    const asked = await read(readFields(request.headers['content-type'], body), request, reply);
    if ('status' in asked) return refuse(reply, asked);
    const { client, connection, recipient, link } = asked;
    const outcome = await startPasswordless(deps, {
      connection,
      recipient,
      clientId: client.id,
      organizationId: null,
      ip: request.ip,
      language: languageOf(request),
      link,
    });
    if (outcome.kind === 'throttled') {
      const { retryAfterSeconds } = outcome;
      const description = 'Too many codes were requested. Try again later.';
      return refuse(reply, {
        status: 429,
        error: 'too_many_requests',
        description,
        retryAfterSeconds,
      });
    }
    if (outcome.kind === 'unreachable') {
      return refuse(reply, bad('unreachable_phone_number', 'No codes are sent to this number.'));
    }
    // The provider's message is only for the operator, in the logs.
    if (outcome.kind === 'failed') return refuse(reply, bad('sms_provider_error', NOT_SENT));
    // The ID is random, because the answer must not reveal whether there is an account.
    const _id = newObjectId(deps.clock.now());
    return reply.send(
      connection.strategy === 'email'
        ? { _id, email: recipient, email_verified: false }
        : { _id, phone_number: recipient, phone_verified: false, request_language: null },
    );
  });
  registerPreflight(app, '/passwordless/start', 'POST');
}

/** Returns whether the client may send messages: its credentials must be valid, and the tenant can require them. */
async function isProven(
  { catalog, judgeClient }: Deps,
  request: FastifyRequest,
  reply: FastifyReply,
  { client, fields }: { client: Client; fields: Record<string, unknown> },
): Promise<boolean> {
  const flags = (await catalog.tenant(''))?.flags ?? {};
  const needed = flags.enforce_client_authentication_on_passwordless_start === true;
  if (!needed && !showsProof(request, fields)) return true;
  const proof = await judgeClient(request, reply, fields);
  return proof.kind === 'proven' && proof.clientId === client.id;
}

function languageOf({ headers }: FastifyRequest): string | null {
  const said = headers['x-request-language'];
  return typeof said === 'string' && said.length <= 35 ? said : null;
}

function bad(error: AuthenticationErrorCode, description: string): Refused {
  return { status: 400, error, description };
}

function refuse(reply: FastifyReply, why: Refused): FastifyReply {
  if (why.retryAfterSeconds !== undefined) reply.header('retry-after', why.retryAfterSeconds);
  const body: OAuthErrorBody = { error: why.error, error_description: why.description };
  return reply.code(why.status).send(body);
}
