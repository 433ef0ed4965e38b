import type {
  AccessToken,
  Account,
  Grant,
  ResourceServerInstance,
  TokenEndpointGrantContext,
} from 'oidc-provider';
import { findAccount, resolveRequestedResources } from 'oidc-provider/lib/helpers/grants.js';
import { acceptPromisedInvitations } from '../../../flows/log-in/log-in.ts';
import { loginEpoch } from '../../../records/oidc-payloads/oidc-payloads.ts';
import { nameLogin, OIDC_SCOPES, toResource } from '../tokens/tokens.ts';
import type { GrantDeps } from './grant-deps.ts';
import { tokenError } from './token-error.ts';

export type TokenInput = {
  userId: string;
  /** The requested scopes. Default: all scopes of the API and of a login. */
  scope: string | undefined;
  /** The identifier of an API. If undefined, the token is for /userinfo. */
  audience: string | undefined;
  /** The authentication methods (RFC 8176). */
  amr: string[];
  /** The claim of the same name. */
  gty: string;
  /** The time of the login, in seconds since 1970. Default: now. */
  authTime?: number;
};

export type TokenBody = {
  access_token: string;
  refresh_token?: string;
  id_token?: string;
  scope?: string;
  expires_in: number;
  token_type: string;
};

/**
 * Issues the tokens of a user who has authenticated at /oauth/token: an access token, an ID token for `openid`, a refresh token for
 * `offline_access`, and the library's grant, so that they can be refreshed, revoked and used at /userinfo.
 * @throws an OAuth error if the API is unknown, the user cannot use this client, or the user's sessions ended since this login began
 */
export async function issueTokens(
  deps: Pick<GrantDeps, 'db' | 'clock' | 'audit'>,
  ctx: TokenEndpointGrantContext,
  input: TokenInput,
): Promise<TokenBody> {
  const { provider, client, params } = ctx.oidc;
  const authTime = input.authTime ?? Math.floor(Date.now() / 1000);
  params.resource = input.audience === undefined ? undefined : toResource(input.audience);
  params.scope = input.scope;
  // Finding the account checks that it exists, is not blocked, and is in a connection of this client.
  const account = await findAccount(provider, ctx, input.userId, { authTime });
  if (account === undefined) throw noLonger();
  ctx.oidc.entity('Account', account);
  const session = nameLogin(ctx);
  const { userId } = input;
  await acceptPromisedInvitations(deps, { userId, clientId: client.clientId, session });

  const [server] = await resolveRequestedResources(provider, ctx);
  const scopes = scopesFor(ctx, input.scope, server);
  params.scope = [...scopes].join(' ');
  const grant = await saveGrant(ctx, { account, server, scopes });

  const token = new provider.AccessToken({
    accountId: account.accountId,
    client,
    grantId: grant.jti,
    gty: input.gty,
  });
  if (server === undefined) token.scope = grant.getOIDCScopeFiltered(scopes);
  else {
    token.resourceServer = server;
    token.scope = grant.getResourceScopeFiltered(server.identifier(), scopes);
  }
  ctx.oidc.entity('AccessToken', token);
  const accessToken = await token.save();
  const source = { ctx, input, authTime, scopes, server, grant };
  const refreshToken =
    scopes.has('offline_access') && client.grantTypeAllowed('refresh_token')
      ? await saveRefreshToken(source)
      : undefined;
  const idToken = scopes.has('openid') ? await idTokenOf(source, account) : undefined;
  // The grant has already ended. The access token cannot be revoked, so it is not returned.
  if (!(await loginEpoch.isCurrent(deps.db, input.userId))) throw isOver();
  return {
    access_token: accessToken,
    ...(refreshToken !== undefined && { refresh_token: refreshToken }),
    ...(idToken !== undefined && { id_token: idToken }),
    ...scopeOf(token),
    expires_in: token.expiration,
    token_type: 'Bearer',
  };
}

type Source = {
  ctx: TokenEndpointGrantContext;
  input: TokenInput;
  authTime: number;
  scopes: Set<string>;
  server: ResourceServerInstance | undefined;
  grant: Grant;
};

function scopesFor(
  ctx: TokenEndpointGrantContext,
  asked: string | undefined,
  server: ResourceServerInstance | undefined,
): Set<string> {
  const known = new Set([...OIDC_SCOPES, ...(server?.scopes ?? [])]);
  const offline = server === undefined || server.scopes.has('offline_access');
  const wanted =
    asked === undefined
      ? [...known].filter((candidate) => candidate !== 'offline_access')
      : asked.split(' ');
  const mayRefresh = offline && ctx.oidc.client.grantTypeAllowed('refresh_token');
  return new Set(
    wanted.filter(
      (candidate) => known.has(candidate) && (candidate !== 'offline_access' || mayRefresh),
    ),
  );
}

async function saveGrant(
  ctx: TokenEndpointGrantContext,
  { account, server, scopes }: Pick<Source, 'server' | 'scopes'> & { account: Account },
): Promise<Grant> {
  const { provider, client } = ctx.oidc;
  const { accountId } = account;
  const grant = new provider.Grant({ accountId, clientId: client.clientId });
  grant.addOIDCScope([...scopes].filter((scope) => OIDC_SCOPES.includes(scope)).join(' '));
  if (server !== undefined) {
    const allowed = [...scopes].filter((scope) => server.scopes.has(scope));
    grant.addResourceScope(server.identifier(), allowed);
  }
  await grant.save();
  ctx.oidc.entity('Grant', grant);
  return grant;
}

async function saveRefreshToken(source: Source): Promise<string> {
  const { ctx, input, grant, scopes, server, authTime } = source;
  const { provider, client } = ctx.oidc;
  const token = new provider.RefreshToken({
    accountId: input.userId,
    amr: input.amr,
    authTime,
    client,
    grantId: grant.jti,
    gty: input.gty,
    rotations: 0,
    scope: [...scopes].join(' '),
    ...(server !== undefined && { resource: server.identifier() }),
  });
  ctx.oidc.entity('RefreshToken', token);
  return token.save();
}

async function idTokenOf({ ctx, input, grant, scopes }: Source, account: Account): Promise<string> {
  const { provider } = ctx.oidc;
  const scope = grant.getOIDCScopeFiltered(scopes);
  const claims = await account.claims('id_token', scope, {}, []);
  const token = new provider.IdToken({ ...claims, sub: account.accountId }, { ctx });
  // The library's types omit what its own grants set.
  Object.assign(token, { scope });
  // Only a second factor is reported, because applications decide by it.
  if (input.amr.includes('mfa')) token.set('amr', input.amr);
  return token.issue({ use: 'idtoken' });
}

function scopeOf({ scope }: AccessToken): { scope?: string } {
  return scope === undefined || scope === '' ? {} : { scope };
}

function isOver(): Error {
  const error_description = 'This login has ended. Log in again.';
  return tokenError({ status: 403, body: { error: 'invalid_grant', error_description } });
}

function noLonger(): Error {
  return tokenError({
    status: 403,
    body: { error: 'invalid_grant', error_description: 'The user cannot use this application.' },
  });
}

/** Returns the claim with the grant type: none for a login in a browser, and both types after a refresh. */
export function grantTypeClaim(gty: string | undefined): { gty?: string | string[] } {
  if (gty === undefined) return {};
  const [first = '', ...later] = gty.split(' ');
  if (LIBRARY_GRANTS.has(first)) return {};
  return { gty: later.includes('refresh_token') ? ['refresh_token', first] : first };
}

/** The library's names of its grants. */
const LIBRARY_GRANTS = new Set([
  'authorization_code',
  'implicit',
  'refresh_token',
  'device_code',
  'ciba',
]);
