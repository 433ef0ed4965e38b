import { EventEmitter } from 'node:events';
import Provider, { type Configuration, errors, type KoaContextWithOIDC } from 'oidc-provider';
import { noVSCHAR } from 'oidc-provider/lib/consts/client_attributes.js';
import { get as internals } from 'oidc-provider/lib/helpers/weak_cache.js';
import { acceptAssertion } from '../../../flows/accept-assertion/accept-assertion.ts';
import { idleLimit } from '../../../flows/extend-refresh-token/extend-refresh-token.ts';
import { MULTI_FACTOR } from '../../../flows/second-factor/second-factor.ts';
import { epochSeconds } from '../../../platform/clock/clock.ts';
import { cookieName, hasSecureCookies } from '../../../platform/cookie-name/cookie-name.ts';
import { isDatabaseAway } from '../../../platform/db/db.ts';
import { PAGES_PATH } from '../../../platform/page-paths/page-paths.ts';
import { signingKeys } from '../../../records/signing-keys/signing-keys.ts';
import type { AuthenticationErrorCode, OAuthErrorBody } from '../../seams/seams.ts';
import {
  type Catalog,
  createLibraryClients,
  isOriginAllowed,
  type LibraryClients,
  RESPONSE_TYPES,
  underEachAlg,
} from '../clients/clients.ts';
import type { AuthenticationDeps } from '../deps.ts';
import { ACTIVATE_PATH, completeDeviceAnswer, DEVICE_CODE, deviceFlow } from '../device/device.ts';
import { registerCustomGrants } from '../grants/grants.ts';
import { requestOf } from '../mount.ts';
import { pageHeaders } from '../send-page.ts';
import {
  addUnscopedClaims,
  CLAIMS_OF_SCOPE,
  OIDC_SCOPES,
  resourceServerFor,
  tokenClaims,
} from '../tokens/tokens.ts';
import { createFindAccount } from './accounts.ts';
import { createAdapter } from './adapter.ts';
import { beforeInteractions, knownConnection, promptPolicy } from './authorize-rules.ts';
import { type CarriedInteractions, createCarriedInteractions } from './carried-interactions.ts';
import { carryEffects } from './carry-effects.ts';
import { causeOf } from './error-causes.ts';
import { grantFor } from './grants.ts';
import { interactionUrl } from './interaction-cookie.ts';
import { lifetimes } from './lifetimes.ts';
import { noteGrants } from './note-grants.ts';
import { translateTokenError } from './oauth-errors.ts';
import { invitationParam, organizationParam, withOrganizations } from './organization-requests.ts';
import { withOwnFactors } from './own-factors-prompt.ts';
import { withPromisedInvitations } from './promised-invitations.ts';
import { rotation } from './refresh-rules.ts';
import { withScripts } from './scripted-logins.ts';
import { withSecondFactor } from './second-factor-prompt.ts';
import { createSessionLife } from './session-life.ts';
import { shapeAccessToken } from './token-format.ts';

/** Returns the name of the session cookie. */
export function sessionCookie(publicUrl: string): string {
  return cookieName('usher_session', { secure: hasSecureCookies(publicUrl) });
}

export const OUR_FAULT = 'An error occurred on our side. Try again.';

export type AuthorizationServer = {
  provider: Provider;
  clients: LibraryClients;
  carried: CarriedInteractions;
  /** All grant types of /oauth/token. */
  grantTypes: string[];
};

/** Creates oidc-provider with our users, clients, APIs and keys. We only use its /authorize, /oauth/token and /oauth/revoke. */
export async function createProvider(
  deps: AuthenticationDeps,
  catalog: Catalog,
): Promise<AuthorizationServer> {
  const { db, clock, keys, log, publicUrl } = deps;
  const issuer = `${publicUrl}/`;
  const clients = createLibraryClients(() => provider, {
    catalog,
    clock,
    encryptionKey: keys.encryption,
  });
  const life = createSessionLife(db);
  const carried = createCarriedInteractions({ secret: keys.cookie });
  const nowSeconds = () => epochSeconds(clock.now());
  const shape = { db, catalog, issuer };
  const organizations = { ...deps, clients };
  const cookie = { httpOnly: true, sameSite: 'lax', signed: true } as const;
  // The library sets these cookies for the paths of one login.
  const ofOnePath = { secure: hasSecureCookies(publicUrl), path: PAGES_PATH };

  const configuration: Configuration = {
    adapter: (model) =>
      createAdapter(
        {
          db,
          clock,
          encryptionKey: keys.encryption,
          carried,
          leewayOf: async (clientId) =>
            (await catalog.client(clientId))?.settings.refreshToken.leeway ?? 0,
          isProven: async (clientId) => {
            const client = await catalog.client(clientId);
            return client !== null && client.settings.tokenEndpointAuthMethod !== 'none';
          },
          idleOf: async (clientId) => {
            const client = await catalog.client(clientId);
            return client === null ? null : idleLimit(client.settings);
          },
        },
        model,
      ),
    jwks: { keys: underEachAlg(await signingKeys(db, keys)) },
    findAccount: createFindAccount(deps, clients),
    loadExistingGrant: grantFor,
    routes: {
      authorization: '/authorize',
      token: '/oauth/token',
      revocation: '/oauth/revoke',
      device_authorization: '/oauth/device/code',
      pushed_authorization_request: '/oauth/par',
      code_verification: ACTIVATE_PATH,
      userinfo: '/userinfo',
      jwks: '/.well-known/jwks.json',
    },
    cookies: {
      keys: [keys.cookie.toString('base64url')],
      names: {
        session: sessionCookie(publicUrl),
        interaction: cookieName('usher_interaction', ofOnePath),
        resume: cookieName('usher_resume', ofOnePath),
      },
      long: cookie,
      short: { ...cookie, path: PAGES_PATH },
    },
    scopes: OIDC_SCOPES,
    acrValues: [MULTI_FACTOR],
    claims: {
      ...Object.fromEntries(Object.entries(CLAIMS_OF_SCOPE).map(([k, v]) => [k, [...v]])),
      openid: [...CLAIMS_OF_SCOPE.openid, 'amr'],
    },
    // ID tokens include the profile, as Auth0's clients expect.
    conformIdTokenClaims: false,
    responseTypes: [...RESPONSE_TYPES],
    subjectTypes: ['public'],
    clientAuthMethods: ['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none'],
    enabledJWA: {
      clientAuthSigningAlgValues: ['RS256', 'RS384', 'PS256'],
      idTokenSigningAlgValues: ['RS256', 'PS256', 'HS256'],
    },
    clientBasedCORS: (ctx, origin, client) =>
      isOriginAllowed(ctx.req, clients.recordOf(client), origin),
    extraParams: {
      audience: beforeInteractions(clients),
      connection: knownConnection(db),
      connection_scope: null,
      screen_hint: null,
      login_ticket: null,
      organization: organizationParam(organizations),
      invitation: invitationParam(organizations),
    },
    interactions: {
      policy: withScripts(
        withPromisedInvitations(
          withOrganizations(
            withSecondFactor(withOwnFactors(promptPolicy(), deps), organizations),
            organizations,
          ),
          organizations,
        ),
        organizations,
      ),
      url: interactionUrl(carried),
    },
    extraTokenClaims: tokenClaims({ ...deps, catalog }),
    fetch: (url, options) => deps.egress.fetch(String(url), options),
    features: {
      devInteractions: { enabled: false },
      dPoP: { enabled: false },
      rpInitiatedLogout: { enabled: false },
      clientCredentials: { enabled: true },
      deviceFlow: deviceFlow(deps),
      pushedAuthorizationRequests: { enabled: true },
      // Single-page applications use it for silent authentication in a hidden frame.
      webMessageResponseMode: { enabled: true, ack: 'individual-draft-01' },
      revocation: {
        enabled: true,
        allowedPolicy: (_ctx, client, token) => token.clientId === client.clientId,
      },
      resourceIndicators: {
        enabled: true,
        defaultResource: (ctx, _client, asked) => {
          if (ctx.oidc.params?.grant_type === 'client_credentials') {
            throw new errors.InvalidRequest('Missing required parameter: audience');
          }
          // For a choice among none, the library needs undefined, not an empty list.
          return asked?.length === 0 ? undefined : [];
        },
        useGrantedResource: () => true,
        getResourceServerInfo: (ctx, resource, client) =>
          resourceServerFor(
            { catalog, encryptionKey: keys.encryption },
            ctx,
            resource,
            client.clientId,
          ),
      },
    },
    formats: {
      customizers: { jwt: (ctx, token, parts) => shapeAccessToken(shape, ctx, token, parts) },
    },
    // The library saves a whole session, so two simultaneous requests of a browser can lose the link from a code to it. A logout ends the
    // grants instead.
    expiresWithSession: () => false,
    rotateRefreshToken: rotation({ ...deps, clients }),
    ttl: lifetimes((client) => clients.recordOf(client).settings, nowSeconds, life),
    renderError: (ctx, out, error) => {
      const pages = deps.pages;
      const request = requestOf(ctx.req);
      const cause = causeOf(ctx, error);
      const sent = cause !== null && 'sent' in cause ? cause : null;
      if (cause !== null && cause.kind !== 'over') {
        const clientId = ctx.oidc.client?.clientId;
        const about = sent && { [sent.parameter]: sent.sent };
        log.warn({ id: request?.id, clientId, problem: cause.kind, ...about }, 'not sent back');
      }
      const said = out.error_description ?? OUR_FAULT;
      const page = {
        error: out.error,
        description:
          out.error === 'server_error'
            ? OUR_FAULT
            : sent?.kind === 'unknown-callback'
              ? `${said}: ${sent.sent}`
              : said,
        ...(request && { request }),
      };
      const elsewhere = pages.errorUrl?.(page) ?? null;
      if (elsewhere !== null) return ctx.redirect(elsewhere);
      const requestId = String(ctx.response.get('x-request-id'));
      const shown = pages.error({ ...page, cause, requestId });
      ctx.set(pageHeaders(shown));
      ctx.body = shown.html;
    },
  };

  const provider = new Provider(issuer, configuration);
  provider.proxy = true;
  provider.use(async (_ctx, next) => {
    await life.refresh();
    await next();
  });
  // RFC 6749, 2.3.1 allows any UTF-8 character in a secret. The library allows only ASCII.
  noVSCHAR.exec = (text: string) => /\p{Cc}/u.exec(text);
  Object.defineProperty(provider.Client, 'find', { value: clients.find });
  // The library itself reads first and writes later, so that simultaneous uses would all be the first.
  Object.defineProperty(provider.ReplayDetection, 'unique', {
    value: (issuer: string, id: string, expires: number) =>
      acceptAssertion(deps, { issuer, id, expires }),
  });
  // ID tokens name the session, as Auth0's clients expect, even without a back-channel logout.
  Object.defineProperty(provider.Client.prototype, 'includeSid', { value: () => true });
  addUnscopedClaims(provider);
  carryEffects(provider);
  internals(provider).configuration.responseTypes.push('token');
  provider.on('device_authorization.success', (_ctx, body) => completeDeviceAnswer(body));
  registerCustomGrants({ ...deps, provider, clients, catalog });
  const translate = (ctx: KoaContextWithOIDC, error: errors.OIDCProviderError) => {
    const asked = ctx.oidc.params?.grant_type;
    const isDevice = ctx.oidc.route === 'device_authorization';
    const grantType = typeof asked === 'string' ? asked : isDevice ? DEVICE_CODE : '';
    const translated = translateTokenError(error, grantType);
    if (translated === null) return;
    ctx.status = translated.status;
    ctx.set(translated.headers ?? {});
    ctx.body = translated.body;
  };
  provider.on('grant.error', translate);
  provider.on('device_authorization.error', translate);
  provider.on('pushed_authorization_request.error', translate);
  noteGrants(provider, deps.audit);
  provider.on('server_error', (ctx, error) => {
    const away = isDatabaseAway(error);
    if (away) ctx.set('retry-after', '2');
    else log.error({ err: error, id: ctx.response.get('x-request-id') }, 'authentication failed');
    if (ctx.path.startsWith('/oauth/')) {
      const code: AuthenticationErrorCode = away ? 'temporarily_unavailable' : 'server_error';
      ctx.body = { error: code, error_description: OUR_FAULT } satisfies OAuthErrorBody;
    }
  });
  // Koa's own event, which the library's types omit.
  EventEmitter.prototype.on.call(provider, 'error', (error: unknown) =>
    log.warn({ err: error }, 'answer not delivered'),
  );
  const grantTypes = [...internals(provider).configuration.grantTypes];
  return { provider, clients, carried, grantTypes };
}
