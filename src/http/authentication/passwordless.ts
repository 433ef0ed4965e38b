import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { TokenEndpointGrantContext } from 'oidc-provider';
import { logInWithCode, startPasswordless } from '../../flows/passwordless/passwordless.ts';
import { sameBytes, sha256 } from '../../platform/crypto/crypto.ts';
import { newObjectId } from '../../platform/ids/ids.ts';
import type { Client } from '../../records/clients/clients.ts';
import { allConnectionsOfClient, type Connection } from '../../records/connections/connections.ts';
import { readFields } from './body.ts';
import type { Catalog } from './catalog.ts';
import { permitOrigin, registerPreflight } from './cors.ts';
import type { AuthenticationDeps } from './deps.ts';
import type { GrantDeps } from './grant-deps.ts';
import { issueTokens } from './issue-tokens.ts';
import { refusal } from './refusals.ts';
import { requireSecondFactor } from './second-factor-gate.ts';
import { addressOf } from './token-address.ts';
import { field, requiredField } from './token-params.ts';

export const PASSWORDLESS_OTP = 'http://auth0.com/oauth/grant-type/passwordless/otp';

const E_MAIL = /^[^\s@\0]+@[^\s@\0]+$/;
const PHONE = /^\+[0-9]{5,15}$/;

type Refused = { status: number; error: string; description: string; retryAfterSeconds?: number };
type Asked = { client: Client; connection: Connection; recipient: string };

/** `/passwordless/start`: sends a code to log in with. */
export function registerPasswordless(
  app: FastifyInstance,
  deps: AuthenticationDeps,
  catalog: Catalog,
): void {
  async function read(
    fields: Record<string, unknown> | null,
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<Asked | Refused> {
    if (fields === null) return bad('invalid_request', 'The body must be a JSON object or a form.');
    const { client_id: clientId, client_secret: secret, connection: name, send } = fields;
    const client = typeof clientId === 'string' ? await catalog.client(clientId) : null;
    permitOrigin(request, reply, client);
    if (client === null) return bad('invalid_request', 'Unknown client_id.');
    if (!(await isProven(client, secret, catalog))) {
      return { status: 401, error: 'access_denied', description: 'Unauthorized' };
    }
    if (typeof name !== 'string')
      return bad('bad.connection', 'Missing required property: connection');
    const connection = (await allConnectionsOfClient(deps.db, client.id)).find(
      (one) => one.name === name && isPasswordless(one),
    );
    if (connection === undefined) {
      return bad(
        'bad.connection',
        'Connection does not exist, is disabled, or is not passwordless.',
      );
    }
    if (send !== undefined && send !== 'code') {
      return bad('bad.send', 'Only codes are sent: send must be "code".');
    }
    const said = connection.strategy === 'email' ? fields.email : fields.phone_number;
    const recipient = recipientOf(connection, said);
    if (recipient !== null) return { client, connection, recipient };
    return connection.strategy === 'email'
      ? bad('bad.email', 'error in email - email format validation failed')
      : bad('bad.phone_number', 'phone_number must be in the form +15551234567');
  }

  app.post('/passwordless/start', async (request, reply) => {
    const body = typeof request.body === 'string' ? request.body : '';
    const asked = await read(readFields(request.headers['content-type'], body), request, reply);
    if ('status' in asked) return refuse(reply, asked);
    const { client, connection, recipient } = asked;
    const outcome = await startPasswordless(deps, {
      connection,
      recipient,
      clientId: client.id,
      ip: request.ip,
      language: languageOf(request),
    });
    if (outcome.kind === 'throttled') {
      const { retryAfterSeconds } = outcome;
      const description = 'Too many codes were asked for. Try again later.';
      return refuse(reply, {
        status: 429,
        error: 'too_many_requests',
        description,
        retryAfterSeconds,
      });
    }
    if (outcome.kind === 'failed') return refuse(reply, bad('sms_provider_error', outcome.problem));
    // The id says nothing: there may be no account yet, and nobody is to learn it.
    const _id = newObjectId(deps.clock.now());
    return reply.send(
      connection.strategy === 'email'
        ? { _id, email: recipient, email_verified: false }
        : { _id, phone_number: recipient, phone_verified: false, request_language: null },
    );
  });
  registerPreflight(app, '/passwordless/start', 'POST');
}

/** The grant with the code. */
export function registerPasswordlessGrant(deps: GrantDeps): void {
  deps.provider.registerGrantType(PASSWORDLESS_OTP, (ctx) => exchange(deps, ctx), [
    'username',
    'otp',
    'realm',
    'scope',
    'audience',
  ]);
}

async function exchange(deps: GrantDeps, ctx: TokenEndpointGrantContext): Promise<void> {
  const client = deps.clients.recordOf(ctx.oidc.client);
  const username = requiredField(ctx, 'username');
  const digits = requiredField(ctx, 'otp');
  const realm = requiredField(ctx, 'realm');
  const connection = (await allConnectionsOfClient(deps.db, client.id)).find(
    (one) => one.name === realm && isPasswordless(one),
  );
  if (connection === undefined) {
    throw answer(400, 'invalid_request', `unknown or disabled realm: ${realm}`);
  }
  const wrong =
    connection.strategy === 'email'
      ? 'Wrong email or verification code.'
      : 'Wrong phone number or verification code.';
  const recipient = recipientOf(connection, username);
  if (recipient === null) throw answer(403, 'invalid_grant', wrong);
  const outcome = await logInWithCode(deps, {
    connection,
    recipient,
    digits,
    clientId: client.id,
    ip: addressOf(ctx, client),
  });
  switch (outcome.kind) {
    case 'wrong':
      throw answer(403, 'invalid_grant', wrong);
    case 'blocked':
      throw answer(403, 'unauthorized', 'user is blocked');
    case 'throttled':
      throw answer(429, 'too_many_attempts', 'Too many codes were tried. Try again later.', {
        'retry-after': String(outcome.retryAfterSeconds),
      });
    case 'ok': {
      const { user } = outcome;
      const wanted = {
        scope: field(ctx, 'scope'),
        audience:
          field(ctx, 'audience') ?? (await deps.catalog.tenant(''))?.defaultAudience ?? undefined,
        gty: PASSWORDLESS_OTP,
      };
      await requireSecondFactor(deps, { ...wanted, user, client, connection });
      ctx.body = await issueTokens(ctx, { ...wanted, userId: user.id, amr: ['otp'] });
    }
  }
}

function answer(
  status: number,
  error: string,
  description: string,
  headers: Record<string, string> = {},
): Error {
  return refusal({ status, body: { error, error_description: description }, headers });
}

function isPasswordless({ strategy }: Connection): boolean {
  return strategy === 'email' || strategy === 'sms';
}

function recipientOf({ strategy }: Connection, said: unknown): string | null {
  if (typeof said !== 'string' || !said.isWellFormed()) return null;
  const text = said.trim();
  if (strategy === 'sms') return PHONE.test(text) ? text : null;
  return text.length <= 320 && E_MAIL.test(text) ? text.toLowerCase() : null;
}

/** A secret that is sent must be right; one is asked for where the tenant says so. */
async function isProven(client: Client, secret: unknown, catalog: Catalog): Promise<boolean> {
  const { secretHash } = client;
  if (typeof secret === 'string') {
    return secretHash !== null && sameBytes(secretHash, sha256(secret));
  }
  const flags = (await catalog.tenant(''))?.flags ?? {};
  const needed = flags.enforce_client_authentication_on_passwordless_start === true;
  return !needed || client.settings.tokenEndpointAuthMethod === 'none';
}

function languageOf({ headers }: FastifyRequest): string | null {
  const said = headers['x-request-language'];
  return typeof said === 'string' && said.length <= 35 ? said : null;
}

function bad(error: string, description: string): Refused {
  return { status: 400, error, description };
}

function refuse(reply: FastifyReply, why: Refused): FastifyReply {
  if (why.retryAfterSeconds !== undefined) reply.header('retry-after', why.retryAfterSeconds);
  return reply.code(why.status).send({ error: why.error, error_description: why.description });
}
