import type { FastifyReply, FastifyRequest } from 'fastify';
import { errors } from 'oidc-provider';
import clientAuthentication from 'oidc-provider/lib/shared/client_auth.js';
import { formEncodedBasic } from '../clients/clients.ts';
import type { AuthenticationDeps } from '../deps.ts';
import type { AuthorizationServer } from '../library/library.ts';
import { libraryContext } from '../mount.ts';

/** The result of a client authentication. */
export type ClientProof =
  | { kind: 'proven'; clientId: string }
  | { kind: 'refused' }
  /** The request is contradictory or not valid. */
  | { kind: 'malformed'; why: string };

export type JudgeClient = (
  request: FastifyRequest,
  reply: FastifyReply,
  fields: Record<string, unknown>,
) => Promise<ClientProof>;

const FIELDS = ['client_id', 'client_secret', 'client_assertion', 'client_assertion_type'];

/**
 * Authenticates a client exactly as /oauth/token does, with the same code: a secret (in the body or by Basic), a signed assertion, or
 * nothing, each only for clients with that method.
 */
export function createClientJudge(
  { publicUrl }: Pick<AuthenticationDeps, 'publicUrl'>,
  { provider, clients }: AuthorizationServer,
): JudgeClient {
  return async (request, reply, fields) => {
    const params: Record<string, string> = {};
    for (const name of FIELDS) {
      const value = fields[name];
      if (value === undefined || value === null || value === '') continue;
      if (typeof value === 'object') return { kind: 'malformed', why: `${name} must be a string` };
      params[name] = String(value);
    }
    const ctx = libraryContext(provider, publicUrl, request, reply);
    const oidc = Object.assign(new provider.OIDCContext(ctx), { params, route: 'token' });
    // A bearer token identifies the user, not the application.
    const headers = { ...request.headers };
    const basic = basicOf(request);
    if (basic === undefined) delete headers.authorization;
    else headers.authorization = await formEncodedBasic(basic, clients);
    Object.defineProperties(ctx, { oidc: { value: oidc }, headers: { value: headers } });
    try {
      await inTurn(clientAuthentication, ctx);
    } catch (error) {
      if (error instanceof errors.InvalidClientAuth) return { kind: 'refused' };
      if (!(error instanceof errors.InvalidRequest)) throw error;
      return { kind: 'malformed', why: error.error_description ?? 'invalid_request' };
    }
    return oidc.client ? { kind: 'proven', clientId: oidc.client.clientId } : { kind: 'refused' };
  };
}

/** Returns whether the client sends any credential. */
export function showsProof(request: FastifyRequest, fields: Record<string, unknown>): boolean {
  return Boolean(fields.client_secret || fields.client_assertion || basicOf(request));
}

function basicOf({ headers }: FastifyRequest): string | undefined {
  return /^basic\b/i.test(headers.authorization ?? '') ? headers.authorization : undefined;
}

type Step = (typeof clientAuthentication)[number];

async function inTurn(steps: readonly Step[], ctx: Parameters<Step>[0]): Promise<void> {
  const [first, ...others] = steps;
  await first?.(ctx, () => inTurn(others, ctx));
}
