import { booleanOf, objectAt, stringsOf } from './option-values.ts';
import { scopeList, scopesOf } from './scope-options.ts';
import { hasLostSecrets, openSecrets } from './secret-options.ts';
import { isSocial } from './strategies.ts';

type Options = Record<string, unknown>;
type Connection = { id: string; name: string; strategy: string; options: Options };

/** How a connection to an identity provider treats the people who come from there. */
export type ProviderRules = {
  /** When the profile of the user follows the provider's. `never`: such a user is not created either. */
  rootAttributes: 'each-login' | 'first-login' | 'never';
  /** Attributes of the profile that are not stored, by their names on the wire. */
  notStored: string[];
};

const ROOT_ATTRIBUTES: Record<string, ProviderRules['rootAttributes']> = {
  on_each_login: 'each-login',
  on_first_login: 'first-login',
  never_on_login: 'never',
};

/** Reads `set_user_root_attributes` and `non_persistent_attrs`. */
export function readProviderRules(options: Options): ProviderRules {
  return {
    rootAttributes: ROOT_ATTRIBUTES[String(options.set_user_root_attributes)] ?? 'each-login',
    notStored: stringsOf(options.non_persistent_attrs),
  };
}

/**
 * Returns whether login pages show a button for the provider. By default social providers have one. Those of organizations are found by the
 * domain of an address, or named by the application.
 */
export function isShownAsButton(connection: { strategy: string; settings: Options }): boolean {
  return booleanOf(connection.settings.show_as_button) ?? isSocial(connection.strategy);
}

/**
 * Returns the provider of a connection, as a login there needs it: options with opened secrets, and `scope` as a list of all scopes that the
 * connection asks for. `hasLostSecrets`: a secret was encrypted with another key.
 * @param key 32 bytes for AES-256-GCM
 */
export function providerOf(connection: Connection, key: Buffer) {
  const options: Options = { ...openSecrets(connection.options, key), scope: scopesOf(connection) };
  return {
    connectionId: connection.id,
    connectionName: connection.name,
    strategy: connection.strategy,
    options,
    hasLostSecrets: hasLostSecrets(connection.options, key),
  };
}

/** What a login asks of the provider beyond the connection's own options. */
export type UpstreamRequest = {
  scopes: string[];
  loginHint?: string;
  prompt?: string;
  params: Record<string, string>;
};

/** Parameters of a request at `/authorize` whose value `upstream_params` can send on, by Auth0's names. */
export const UPSTREAM_ALIASES = [
  'acr_values',
  'audience',
  'client_id',
  'display',
  'id_token_hint',
  'login_hint',
  'max_age',
  'prompt',
  'resource',
  'response_mode',
  'response_type',
  'ui_locales',
] as const;

/** Parameters that belong to the login itself. `upstream_params` cannot set them. */
export const PROTOCOL_PARAMS = [
  'client_id',
  'client_secret',
  'code_challenge',
  'code_challenge_method',
  'nonce',
  'redirect_uri',
  'request',
  'request_uri',
  'response_mode',
  'response_type',
  'scope',
  'state',
];

// The provider asks the person again: what an application may want at each login. `none` would end at the provider without a page.
const PROMPTS = new Set(['login', 'consent', 'select_account']);
const LONGEST_VALUE = 2000;

/**
 * Returns what a login sends to the provider: the scopes of `connection_scope`, `login_hint` and `prompt` of the request, and
 * `upstream_params` of the connection, which are fixed values or take the value of another parameter of the request (`alias`).
 * @param request the parameters of the request at `/authorize`, by their names
 */
export function upstreamRequest(
  connection: Pick<Connection, 'strategy' | 'options'>,
  request: Record<string, unknown>,
): UpstreamRequest {
  const { strategy, options } = connection;
  const loginHint = textAt(request, 'login_hint');
  const prompt = (textAt(request, 'prompt') ?? '').split(' ').filter((each) => PROMPTS.has(each));
  const params = new Map<string, string>();
  // Google gives a refresh token for this parameter, and knows no scope for it.
  if (strategy === 'google-oauth2' && options.offline_access === true) {
    params.set('access_type', 'offline');
  }
  for (const [name, source] of Object.entries(objectAt(options, 'upstream_params'))) {
    const value = sentValue(source, request);
    if (value !== null && !PROTOCOL_PARAMS.includes(name)) params.set(name, value);
  }
  return {
    scopes: scopeList(textAt(request, 'connection_scope')),
    ...(loginHint !== null && { loginHint }),
    ...(prompt.length > 0 && { prompt: prompt.join(' ') }),
    params: Object.fromEntries(params),
  };
}

function sentValue(source: unknown, request: Options): string | null {
  const { value, alias } = objectAt({ source }, 'source');
  if (typeof value === 'string') return value;
  return UPSTREAM_ALIASES.some((each) => each === alias) ? textAt(request, String(alias)) : null;
}

function textAt(from: Options, name: string): string | null {
  const value = Object.hasOwn(from, name) ? from[name] : undefined;
  const text = typeof value === 'number' ? String(value) : value;
  return typeof text === 'string' && text !== '' && text.length <= LONGEST_VALUE ? text : null;
}
