import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { publicKeys } from '../../../records/signing-keys/signing-keys.ts';
import { findUser } from '../../../records/users/users.ts';
import { readAccessToken } from '../../../steps/read-access-token/read-access-token.ts';
import { readFields } from '../body.ts';
import {
  type Catalog,
  permitOrigin,
  registerPreflight,
  TOKEN_ALGS,
  underEachAlg,
} from '../clients/clients.ts';
import type { AuthenticationDeps } from '../deps.ts';
import type { AuthorizationServer } from '../library/library.ts';
import { claimsOfScopes, organizationOf, rolesClaim, rolesClaimOf } from '../tokens/tokens.ts';

type Bearer = {
  userId: string;
  clientId: string;
  organizationId: string | null;
  scopes: ReadonlySet<string>;
};

/** Registers /userinfo, for opaque tokens and for JWTs with it as an audience (OpenID Connect Core 5.3). */
export function registerUserinfo(
  app: FastifyInstance,
  deps: AuthenticationDeps,
  { provider }: AuthorizationServer,
  catalog: Catalog,
): void {
  const { db, clock, pictureOf, publicUrl } = deps;

  const reader = {
    db,
    clock,
    publicUrl,
    publicKeys: async () => underEachAlg(await publicKeys(db)),
    audience: `${publicUrl}/userinfo`,
    algorithms: TOKEN_ALGS,
    memory: new Map(),
  };

  async function fromJwt(text: string): Promise<Bearer | null> {
    const read = await readAccessToken(reader, text);
    if (read.kind !== 'valid') return null;
    const { subject: userId, clientId, scopes, claims } = read.token;
    return { userId, clientId, organizationId: organizationOf({ extra: claims }), scopes };
  }

  async function fromOpaque(token: string): Promise<Bearer | null> {
    const found = await provider.AccessToken.find(token);
    if (!found || found.clientId === undefined) return null;
    const grant = await provider.Grant.find(found.grantId);
    if (grant?.accountId !== found.accountId || grant.clientId !== found.clientId) return null;
    return {
      userId: found.accountId,
      clientId: found.clientId,
      organizationId: organizationOf(found),
      scopes: new Set(found.scopes),
    };
  }

  async function answer(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    reply.header('cache-control', 'no-store');
    const token = tokenOf(request);
    const bearer =
      token === undefined
        ? null
        : token.split('.').length === 3
          ? await fromJwt(token)
          : await fromOpaque(token);
    const client = bearer && (await catalog.client(bearer.clientId));
    const user = bearer && client ? await findUser(db, bearer.userId) : null;
    await permitOrigin(catalog, request, reply, client);
    if (!bearer?.scopes.has('openid') || user === null || user.blocked === true) {
      return reply
        .code(401)
        .header('www-authenticate', 'Bearer error="invalid_token"')
        .type('text/plain; charset=utf-8')
        .send('Unauthorized');
    }
    return reply.send({
      ...(await rolesClaim(db, rolesClaimOf(client), bearer)),
      ...claimsOfScopes(user, bearer.scopes, pictureOf),
    });
  }

  app.get('/userinfo', answer);
  app.post('/userinfo', answer);
  registerPreflight(app, '/userinfo', 'GET,POST');
}

/** Returns the token of the header, form or query (RFC 6750 §2). passport-auth0 uses the query. Returns none if there is more than one. */
function tokenOf(request: FastifyRequest): string | undefined {
  const { authorization, 'content-type': type } = request.headers;
  const form = typeof request.body === 'string' ? readFields(type, request.body) : null;
  const given = [
    /^Bearer ([^ ]+)$/i.exec(authorization ?? '')?.[1],
    form?.access_token,
    Object(request.query).access_token,
  ].filter((candidate) => candidate !== undefined);
  return given.length === 1 && typeof given[0] === 'string' ? given[0] : undefined;
}
