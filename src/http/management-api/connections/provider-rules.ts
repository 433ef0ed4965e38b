import { createPrivateKey } from 'node:crypto';
import { canonicalDomain } from '../../../platform/bound-domains/bound-domains.ts';
import { PROTOCOL_PARAMS } from '../../../records/connections/connections.ts';
import { badRequest } from '../route/route.ts';

type Options = Record<string, unknown>;

/**
 * Rules between the options of a provider, and for what a schema cannot say.
 * @throws ApiError 400
 */
export function checkProviderOptions(strategy: string, options: Options): void {
  checkUpstream(options.upstream_params);
  checkDomains(strategy, options);
  if (strategy === 'apple') checkKey(options.app_secret);
  if (strategy === 'oidc') {
    checkEndpoints(options);
    if (options.type !== 'back_channel') checkFrontChannel(options);
  }
  if (strategy !== 'waad') return;
  if (options.useCommonEndpoint === true) {
    if (options.userid_attribute === 'oid') {
      refuse('userid_attribute', 'must be sub, because useCommonEndpoint is on');
    }
  } else if (!isText(options.tenant_domain) && !isText(options.tenantId)) {
    refuse('tenant_domain', 'must be given, because useCommonEndpoint is off');
  }
}

function checkUpstream(params: unknown): void {
  if (typeof params !== 'object' || params === null) return;
  for (const [name, source] of Object.entries(params)) {
    const at = `upstream_params.${name.slice(0, 100)}`;
    if (!/^[\w.-]{1,100}$/.test(name)) refuse(at, 'must have the name of a parameter');
    if (PROTOCOL_PARAMS.includes(name)) {
      refuse(at, 'must be left out, because the login sets this parameter itself');
    }
    if (Object.keys(Object(source)).length !== 1) refuse(at, 'must have either value or alias');
  }
}

function checkDomains(strategy: string, options: Options): void {
  // `waad` also takes the id of a tenant there.
  const own = strategy === 'waad' ? [] : ['tenant_domain'];
  if (strategy === 'google-apps') own.push('domain');
  for (const name of own.filter((each) => isText(options[each]))) {
    if (canonicalDomain(String(options[name])) === null) {
      refuse(name, 'must be the domain of email addresses');
    }
  }
  const aliases = Array.isArray(options.domain_aliases) ? options.domain_aliases : [];
  aliases.forEach((domain, index) => {
    if (canonicalDomain(String(domain)) === null) {
      refuse(`domain_aliases[${index}]`, 'must be the domain of email addresses');
    }
  });
}

function checkKey(pem: unknown): void {
  try {
    const { asymmetricKeyType: type, asymmetricKeyDetails: details } = createPrivateKey(
      String(pem),
    );
    if (type === 'ec' && details?.namedCurve === 'prime256v1') return;
  } catch {
    // The message below says what is wrong, without the key.
  }
  refuse('app_secret', 'must be the private key from Apple: PKCS 8, P-256, as PEM');
}

const ENDPOINTS = ['authorization_endpoint', 'token_endpoint', 'userinfo_endpoint', 'jwks_uri'];

function checkEndpoints(options: Options): void {
  const given = ENDPOINTS.filter((name) => isText(options[name]));
  if (isText(options.discovery_url)) {
    if (given[0] !== undefined) {
      refuse(given[0], 'must be left out, because discovery_url already says where it is');
    }
    return;
  }
  if (!isText(options.issuer)) refuse('discovery_url', 'must be given, or issuer');
  if (given.length === 0) return;
  const needed = ['authorization_endpoint', 'jwks_uri'];
  if (options.type === 'back_channel') needed.push('token_endpoint');
  const missing = needed.find((name) => !given.includes(name));
  if (missing !== undefined) refuse(missing, `must be given, because ${given[0]} is`);
}

/** With `front_channel`, the default, the ID token comes through the browser: Usher requests no token, and shows no secret. */
function checkFrontChannel(options: Options): void {
  const { pkce } = Object(options.connection_settings);
  const unused = ['client_secret', 'token_endpoint_auth_method'].find((name) =>
    isText(options[name]),
  );
  const name = pkce === 'S256' || pkce === 'plain' ? 'connection_settings.pkce' : unused;
  if (name !== undefined) {
    refuse(name, 'must be left out, because it has an effect only with the type back_channel');
  }
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}

function refuse(name: string, why: string): never {
  throw badRequest(`Payload validation error: '${why}' on property options.${name}.`);
}
