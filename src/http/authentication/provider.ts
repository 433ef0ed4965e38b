import { EventEmitter } from 'node:events';
import Provider, {
  type Configuration,
  errors,
  interactionPolicy,
  type KoaContextWithOIDC,
} from 'oidc-provider';
import { connectionsOfClient } from '../../records/connections/connections.ts';
import { signingKeys } from '../../records/signing-keys/signing-keys.ts';
import { createFindAccount } from './accounts.ts';
import { createAdapter } from './adapter.ts';
import { resourceServerFor } from './audiences.ts';
import type { Catalog } from './catalog.ts';
import { CLAIMS_OF_SCOPE, OIDC_SCOPES } from './claims.ts';
import { registerCustomGrants } from './custom-grants.ts';
import type { AuthenticationDeps } from './deps.ts';
import { grantFor } from './grants.ts';
import { INTERACTION_PATH, interactionUrl } from './interaction-cookie.ts';
import { createLibraryClients, type LibraryClients } from './library-clients.ts';
import { lifetimes } from './lifetimes.ts';
import { requestOf } from './mount.ts';
import { noteGrants } from './note-grants.ts';
import { translateTokenError } from './oauth-errors.ts';
import { PAGE_HEADERS, plainPages } from './pages.ts';
import { originAllowed } from './redirect-uris.ts';
import { shapeAccessToken } from './token-format.ts';

export const SESSION_COOKIE = 'usher_session';

export const OUR_FAULT = 'Something went wrong on our side. Please try again.';

export type AuthorizationServer = { provider: Provider; clients: LibraryClients };

/** oidc-provider, told about our users, clients, APIs and keys. Only its /authorize, /oauth/token and /oauth/revoke are used. */
export async function createProvider(
  deps: AuthenticationDeps,
  catalog: Catalog,
): Promise<AuthorizationServer> {
  const { db, clock, keys, log, publicUrl } = deps;
  const issuer = `${publicUrl}/`;
  const clients = createLibraryClients(() => provider, catalog);
  const nowSeconds = () => Math.floor(clock.now().getTime() / 1000);
  const cookie = { httpOnly: true, sameSite: 'lax', signed: true } as const;

  const configuration: Configuration = {
    adapter: (model) =>
      createAdapter(
        {
          db,
          clock,
          encryptionKey: keys.encryption,
          leewayOf: async (clientId) =>
            (await catalog.client(clientId))?.settings.refreshToken.leeway ?? 0,
        },
        model,
      ),
    jwks: { keys: await signingKeys(db, keys) },
    findAccount: createFindAccount(db),
    loadExistingGrant: grantFor,
    routes: {
      authorization: '/authorize',
      token: '/oauth/token',
      revocation: '/oauth/revoke',
      userinfo: '/userinfo',
      jwks: '/.well-known/jwks.json',
    },
    cookies: {
      keys: [keys.cookie.toString('base64url')],
      names: { session: SESSION_COOKIE, interaction: 'usher_interaction', resume: 'usher_resume' },
      long: cookie,
      short: { ...cookie, path: INTERACTION_PATH },
    },
    scopes: OIDC_SCOPES,
    claims: Object.fromEntries(Object.entries(CLAIMS_OF_SCOPE).map(([k, v]) => [k, [...v]])),
    // ID tokens carry the profile too, as clients of this wire expect.
    conformIdTokenClaims: false,
    responseTypes: ['code'],
    subjectTypes: ['public'],
    clientAuthMethods: ['client_secret_basic', 'client_secret_post', 'none'],
    clientBasedCORS: (_ctx, origin, client) => originAllowed(clients.recordOf(client), origin),
    extraParams: {
      audience: beforeInteractions(clients),
      connection: async (_ctx, name, client) => {
        if (!name) return;
        const usable = await connectionsOfClient(db, client.clientId);
        if (!usable.some((one) => one.name === name)) {
          throw new errors.InvalidRequest('the connection was not found');
        }
      },
      screen_hint: null,
      organization: null,
      invitation: null,
    },
    interactions: { policy: policy(), url: interactionUrl },
    features: {
      devInteractions: { enabled: false },
      dPoP: { enabled: false },
      rpInitiatedLogout: { enabled: false },
      clientCredentials: { enabled: true },
      // How single-page applications renew silently in a hidden frame.
      webMessageResponseMode: { enabled: true, ack: 'individual-draft-01' },
      revocation: {
        enabled: true,
        allowedPolicy: (_ctx, client, token) => token.clientId === client.clientId,
      },
      resourceIndicators: {
        enabled: true,
        defaultResource: (ctx) => {
          if (ctx.oidc.params?.grant_type === 'client_credentials') {
            throw new errors.InvalidRequest('Missing required parameter: audience');
          }
          return [];
        },
        useGrantedResource: () => true,
        getResourceServerInfo: (ctx, resource, client) =>
          resourceServerFor(catalog, ctx, resource, client.clientId),
      },
    },
    formats: {
      customizers: { jwt: (_ctx, token, parts) => shapeAccessToken(token, parts, issuer) },
    },
    // A session is written whole, so two requests of one browser at once can lose what binds a code to it. Logout ends
    // grants instead.
    expiresWithSession: () => false,
    rotateRefreshToken: (ctx) =>
      ctx.oidc.client !== undefined &&
      clients.recordOf(ctx.oidc.client).settings.refreshToken.rotationType === 'rotating',
    ttl: lifetimes((client) => clients.recordOf(client).settings, nowSeconds),
    renderError: (ctx, out) => {
      ctx.set(PAGE_HEADERS);
      ctx.body = (deps.pages ?? plainPages).error({
        error: out.error,
        description:
          out.error === 'server_error' ? OUR_FAULT : (out.error_description ?? OUR_FAULT),
        requestId: String(ctx.response.get('x-request-id')),
        request: requestOf(ctx.req),
      });
    },
  };

  const provider = new Provider(issuer, configuration);
  provider.proxy = true;
  Object.defineProperty(provider.Client, 'find', { value: clients.find });
  // ID tokens name the session, as clients of this wire expect, also where nobody is told of logouts.
  Object.defineProperty(provider.Client.prototype, 'includeSid', { value: () => true });
  registerCustomGrants({ ...deps, provider, clients, catalog });
  provider.on('grant.error', (ctx, error) => {
    const translated = translateTokenError(error, ctx.oidc.params?.grant_type as string);
    if (translated === null) return;
    ctx.status = translated.status;
    ctx.set(translated.headers ?? {});
    ctx.body = translated.body;
  });
  noteGrants(provider, deps.audit);
  provider.on('server_error', (ctx, error) => {
    log.error({ err: error, id: ctx.response.get('x-request-id') }, 'authentication failed');
    if (ctx.path.startsWith('/oauth/')) {
      ctx.body = { error: 'server_error', error_description: OUR_FAULT };
    }
  });
  // Koa's own event, which the library's types leave out.
  EventEmitter.prototype.on.call(provider, 'error', (error: unknown) =>
    log.warn({ err: error }, 'answer not delivered'),
  );
  return { provider, clients };
}

/** Login is all we ask for: a consent or a choice of account that is requested is settled by logging in. */
function policy(): interactionPolicy.DefaultPolicy {
  const prompts = interactionPolicy.base();
  prompts
    .get('login')
    ?.checks.add(
      new interactionPolicy.Check(
        'account_gone',
        'End-User authentication is required',
        'login_required',
        (ctx) => ctx.oidc.session?.accountId !== undefined && ctx.oidc.account === undefined,
      ),
    );
  // The words that clients of this wire show or compare.
  for (const check of prompts.get('login')?.checks ?? []) check.description = 'Login required';
  prompts.get('consent')?.checks.clear();
  prompts.add(new interactionPolicy.Prompt({ name: 'select_account', requestable: true }), 1);
  return prompts;
}

/** Runs when the request has been checked and before anybody is asked anything. */
function beforeInteractions(clients: LibraryClients) {
  return (ctx: KoaContextWithOIDC): void => {
    const { client, params } = ctx.oidc;
    if (!client || !params) return;
    if (!clients.recordOf(client).settings.isFirstParty) {
      throw new errors.ConsentRequired(
        'This application belongs to somebody else, and asking for consent is not supported yet.',
      );
    }
    // The library drops offline_access unless consent is prompted for (OpenID Connect Core 11); our clients never ask.
    const asked = typeof ctx.query.scope === 'string' ? ctx.query.scope.split(' ') : [];
    if (asked.includes('offline_access') && client.grantTypeAllowed('refresh_token')) {
      params.scope = [...new Set([...ctx.oidc.requestParamScopes, 'offline_access'])].join(' ');
    }
  };
}
