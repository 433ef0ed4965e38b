import type Provider from 'oidc-provider';
import type { errors, KoaContextWithOIDC } from 'oidc-provider';
import type { Audit } from '../../../records/logs/logs.ts';
import { requestOf } from '../mount.ts';

/** The log codes of an exchange at /oauth/token, successful and failed. */
const EXCHANGES: Record<string, readonly [string, string]> = {
  authorization_code: ['seacft', 'feacft'],
  client_credentials: ['seccft', 'feccft'],
  refresh_token: ['sertft', 'fertft'],
  password: ['sepft', 'fepft'],
  'http://auth0.com/oauth/grant-type/password-realm': ['sepft', 'fepft'],
  'http://auth0.com/oauth/grant-type/mfa-otp': ['seotpft', 'feotpft'],
  'http://auth0.com/oauth/grant-type/mfa-oob': ['seoobft', 'feoobft'],
  'http://auth0.com/oauth/grant-type/mfa-recovery-code': ['sercft', 'fercft'],
  'http://auth0.com/oauth/grant-type/passwordless/otp': ['seotpft', 'feotpft'],
  'urn:ietf:params:oauth:grant-type:device_code': ['sede', 'fede'],
};

const WORDS: Record<string, string> = {
  seacft: 'Authorization Code for Access Token',
  seccft: 'Client Credentials for Access Token',
  sertft: 'Refresh Token for Access Token',
  sepft: 'Password for Access Token',
};

/** Logs every exchange at /oauth/token and every silent authentication, from the library's events. */
export function noteGrants(provider: Provider, audit: Audit): void {
  provider.on('grant.success', (ctx) => {
    const codes = EXCHANGES[grantTypeOf(ctx)];
    if (!codes) return;
    const description = WORDS[codes[0]];
    audit.record({ ...aboutOf(ctx), type: codes[0], ...(description && { description }) });
  });
  provider.on('grant.error', (ctx, error) => {
    const codes = EXCHANGES[grantTypeOf(ctx)];
    if (!codes) return;
    const about = aboutOf(ctx);
    audit.record({
      ...about,
      type: codes[1],
      description: whyOf(error),
      // The limit itself has been logged.
      ...(error.error === 'too_many_attempts' && {
        repeats: `${about.clientId} ${requestOf(ctx.req)?.ip}`,
      }),
    });
  });
  provider.on('authorization.success', (ctx) => {
    if (isSilent(ctx)) audit.record({ ...aboutOf(ctx), type: 'ssa' });
  });
  provider.on('authorization.error', (ctx, error) => {
    const type = isSilent(ctx) ? 'fsa' : 'f';
    // Requests without a client are not logged, and a blocked user has been logged before.
    if (!ctx.oidc?.client || error.error === 'unauthorized') return;
    audit.record({ ...aboutOf(ctx), type, description: whyOf(error) });
  });
}

function grantTypeOf({ oidc }: KoaContextWithOIDC): string {
  return textOf(oidc?.params?.grant_type) ?? '';
}

function isSilent({ oidc }: KoaContextWithOIDC): boolean {
  return textOf(oidc?.params?.prompt) === 'none';
}

/** Returns the client and user for the log. A failed client authentication is logged with the client ID of the request. */
function aboutOf({ oidc }: KoaContextWithOIDC) {
  const params = oidc?.params ?? {};
  return {
    clientId: oidc?.client?.clientId ?? textOf(params.client_id) ?? null,
    userId: oidc?.account?.accountId ?? oidc?.session?.accountId ?? null,
    audience: textOf(params.audience) ?? textOf(params.resource) ?? null,
    scope: textOf(params.scope) ?? null,
    userName: textOf(params.username) ?? null,
  };
}

function whyOf(error: errors.OIDCProviderError): string {
  return error.error_description ?? error.error ?? 'error';
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
