import { createSecretKey } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { compactVerify, createLocalJWKSet, decodeJwt, decodeProtectedHeader } from 'jose';
import { loginHandoffCookie } from '../../../flows/log-in/log-in.ts';
import { revokeFamily } from '../../../flows/revoke-access/revoke-access.ts';
import { hasSecureCookies } from '../../../platform/cookie-name/cookie-name.ts';
import { hmacSha256, sameBytes } from '../../../platform/crypto/crypto.ts';
import {
  type Client,
  idTokenSecretOf,
  isCovered,
  isFixedUrl,
  logoutCoverage,
} from '../../../records/clients/clients.ts';
import { publicKeys } from '../../../records/signing-keys/signing-keys.ts';
import type { ErrorCause } from '../../seams/seams.ts';
import { type Catalog, TOKEN_ALGS, underEachAlg } from '../clients/clients.ts';
import type { AuthenticationDeps } from '../deps.ts';
import {
  type AuthorizationServer,
  causeWith,
  grantsOfSession,
  sessionCookie,
} from '../library/library.ts';
import { libraryContext } from '../mount.ts';
import { sendPage } from '../send-page.ts';
import { endSession } from './end-session.ts';

export { endSession } from './end-session.ts';

type Target = { kind: 'to'; url: string } | { kind: 'nowhere' } | { kind: 'refused'; url: string };

const NOT_REGISTERED = 'This address is not registered as a destination after logout.';

/** Registers /v2/logout and /oidc/logout (OpenID Connect RP-Initiated Logout 1.0). */
export function registerLogout(
  app: FastifyInstance,
  deps: AuthenticationDeps,
  { provider }: AuthorizationServer,
  catalog: Catalog,
): void {
  const { db, keys, publicUrl } = deps;
  const handoff = loginHandoffCookie(hasSecureCookies(publicUrl));
  const pages = deps.pages;

  const sessionOf = async (request: FastifyRequest, reply: FastifyReply) => {
    const ctx = libraryContext(provider, publicUrl, request, reply);
    return { ctx, session: await provider.Session.get(ctx) };
  };

  /** Ends the session and its grants, except those with offline_access, which outlive it. */
  async function logOut(
    request: FastifyRequest,
    reply: FastifyReply,
    clientId: string | null,
  ): Promise<void> {
    const { ctx, session } = await sessionOf(request, reply);
    const userId = session.accountId ?? null;
    for (const grantId of grantsOfSession(session)) {
      const grant = await provider.Grant.find(grantId);
      if (grant && !grant.getOIDCScope().split(' ').includes('offline_access')) {
        await revokeFamily(deps, grant.jti);
      }
    }
    await endSession(deps, session);
    deps.audit.record({
      type: 'slo',
      userId,
      clientId,
      description: 'User successfully logged out',
    });
    ctx.cookies.set(sessionCookie(publicUrl), null, {
      signed: true,
      httpOnly: true,
      sameSite: 'lax',
    });
    // An earlier proof must not log the user in again.
    ctx.cookies.set(handoff, null, { signed: false, httpOnly: true, sameSite: 'lax' });
  }

  function refuse(
    request: FastifyRequest,
    reply: FastifyReply,
    description: string,
    cause: ErrorCause | null = null,
  ) {
    const { id: requestId } = request;
    const error = 'invalid_request';
    return sendPage(
      reply.code(400),
      pages.error({ error, description, cause, requestId, request }),
    );
  }

  /** Returns the allowed addresses after logout: the application's, or without one the tenant's. */
  async function registeredFor(client: Client | null): Promise<string[]> {
    if (client !== null) return client.settings.allowedLogoutUrls;
    return (await catalog.tenant(''))?.allowedLogoutUrls ?? [];
  }

  async function target(
    registered: string[],
    url: string | undefined,
    state?: string,
  ): Promise<Target> {
    if (url === undefined) return { kind: 'nowhere' };
    if (!(await isCovered(catalog.organizations, logoutCoverage(registered, url)))) {
      return { kind: 'refused', url };
    }
    const to = new URL(url);
    if (state !== undefined) to.searchParams.set('state', state);
    return { kind: 'to', url: state === undefined ? url : to.href };
  }

  async function leave(
    request: FastifyRequest,
    reply: FastifyReply,
    to: Target,
    client: Client | null,
  ) {
    await logOut(request, reply, client?.id ?? null);
    reply.header('cache-control', 'no-store');
    return to.kind === 'to'
      ? reply.redirect(to.url, 302)
      : sendPage(reply, pages.loggedOut({ request }));
  }

  app.get('/v2/logout', async (request, reply) => {
    const query = strings(request.query);
    const clientId = query.client_id;
    const client = clientId === undefined ? null : await catalog.client(clientId);
    if (clientId !== undefined && client === null) {
      const cause = causeWith('unknown-client', 'client_id', clientId);
      return refuse(request, reply, 'The application does not exist.', cause);
    }
    const registered = await registeredFor(client);
    const to = await target(registered, query.returnTo ?? registered.find(isFixedUrl));
    return to.kind === 'refused'
      ? refuse(request, reply, NOT_REGISTERED, causeWith('unknown-logout-url', 'returnTo', to.url))
      : leave(request, reply, to, client);
  });

  async function oidcLogout(
    request: FastifyRequest,
    reply: FastifyReply,
    asked: Fields,
    confirmed: boolean,
  ) {
    const hint = asked.id_token_hint === undefined ? null : await readHint(asked.id_token_hint);
    if (asked.id_token_hint !== undefined && hint === null) {
      return refuse(request, reply, 'This server did not issue the id_token_hint.');
    }
    if (hint && asked.client_id !== undefined && asked.client_id !== hint.clientId) {
      return refuse(request, reply, 'The id_token_hint was issued to another client_id.');
    }
    const clientId = hint?.clientId ?? asked.client_id;
    const client = clientId === undefined ? null : await catalog.client(clientId);
    const registered = await registeredFor(client);
    const to = await target(registered, asked.post_logout_redirect_uri, asked.state);
    if (to.kind === 'refused') {
      const cause = causeWith('unknown-logout-url', 'post_logout_redirect_uri', to.url);
      return refuse(request, reply, NOT_REGISTERED, cause);
    }

    const { session } = await sessionOf(request, reply);
    if (session.accountId === undefined || session.accountId === hint?.userId) {
      return leave(request, reply, to, client);
    }
    const proof = hmacSha256(keys.csrf, `logout ${session.uid}`);
    if (confirmed && sameBytes(proof, Buffer.from(asked.proof ?? '', 'base64url'))) {
      return leave(request, reply, to, client);
    }
    const { post_logout_redirect_uri, state } = asked;
    const fields = strings({
      client_id: client?.id,
      post_logout_redirect_uri,
      state,
      proof: proof.toString('base64url'),
    });
    return sendPage(reply, pages.confirmLogout({ action: '/oidc/logout', fields, request }));
  }

  /** Reads an id_token_hint. Expired tokens are valid here, so it only checks signature and issuer. */
  async function readHint(token: string): Promise<{ userId: string; clientId: string } | null> {
    try {
      const payload =
        decodeProtectedHeader(token).alg === 'HS256'
          ? await signedWithSecret(token)
          : await signedWithKey(token);
      if (payload === null) return null;
      const claims = JSON.parse(Buffer.from(payload).toString('utf8'));
      if (claims.iss !== `${publicUrl}/` || typeof claims.aud !== 'string') return null;
      return typeof claims.sub === 'string' ? { userId: claims.sub, clientId: claims.aud } : null;
    } catch {
      return null;
    }
  }

  async function signedWithKey(token: string): Promise<Uint8Array> {
    const keySet = createLocalJWKSet({ keys: underEachAlg(await publicKeys(db)) });
    return (await compactVerify(token, keySet, { algorithms: TOKEN_ALGS })).payload;
  }

  /** Returns the secret of an HS256 token's client. The token is only valid for that client, which knows the secret. */
  async function signedWithSecret(token: string): Promise<Uint8Array | null> {
    const { aud } = decodeJwt(token);
    const client = typeof aud === 'string' ? await catalog.client(aud) : null;
    const secret = client && idTokenSecretOf(client, keys.encryption);
    if (!secret) return null;
    const key = createSecretKey(secret, 'utf8');
    return (await compactVerify(token, key, { algorithms: ['HS256'] })).payload;
  }

  app.get('/oidc/logout', (request, reply) =>
    oidcLogout(request, reply, strings(request.query), false),
  );
  app.post('/oidc/logout', (request, reply) =>
    oidcLogout(
      request,
      reply,
      Object.fromEntries(new URLSearchParams(String(request.body ?? ''))),
      true,
    ),
  );
}

type Fields = Record<string, string | undefined>;

function strings(input: unknown): Record<string, string> {
  const out: Record<string, string> = {};
  for (const [name, value] of Object.entries(input ?? {})) {
    if (typeof value === 'string') out[name] = value;
  }
  return out;
}
