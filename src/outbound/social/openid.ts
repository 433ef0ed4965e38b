import { decodeProtectedHeader } from 'jose';
import {
  authorizationCodeGrant,
  buildAuthorizationUrl,
  type Configuration,
  calculatePKCECodeChallenge,
  fetchUserInfo,
  implicitAuthentication,
  randomNonce,
  randomPKCECodeVerifier,
  type ServerMetadata,
  useIdTokenResponseType,
} from 'openid-client';
import { type Clock, momentAfter } from '../../platform/clock/clock.ts';
import { type Claims, storableClaims, subjectOf } from './claims.ts';
import {
  type Client,
  configurationOf,
  type Fetch,
  type Server,
  type Social,
} from './configurations.ts';
import { troubleOf, Unproved } from './failures.ts';
import { textOption } from './option-values.ts';
import type {
  BeginOutcome,
  BeginRequest,
  FinishOutcome,
  ProvidedIdentity,
  Provider,
  ProviderAnswer,
  ProviderTokens,
} from './provider.ts';

export type Strategy = {
  begin(social: Social, provider: Provider, request: BeginRequest): Promise<BeginOutcome>;
  finish(social: Social, provider: Provider, answer: ProviderAnswer): Promise<FinishOutcome>;
};

export type Pkce = 'S256' | 'plain' | 'none';

/** What differs between providers. */
export type Rules = {
  server(provider: Provider): Server;
  client(provider: Provider, clock: Clock): Client;
  scopes(provider: Provider): string[];
  /** `id_token`: the answer is the ID token itself, and no token request follows. */
  responseType?(provider: Provider): 'code' | 'id_token';
  responseMode(provider: Provider): 'query' | 'form_post';
  pkce(provider: Provider, server: Readonly<ServerMetadata>): Pkce;
  hasNonce(provider: Provider): boolean;
  /** Further parameters of the authorization request. */
  params?(provider: Provider, request: BeginRequest): Record<string, string>;
  /** Changes answers that the library would not understand. */
  fetch?(calls: Fetch): Fetch;
  /** Reads the person out of what was proved. @throws Unproved */
  identity(
    proved: Proved,
  ): Promise<Omit<ProvidedIdentity, 'tokens' | 'claims'> & { claims: Claims }>;
};

export type Proved = {
  provider: Provider;
  configuration: Configuration;
  /** Claims of the verified ID token. `null` without one. */
  idToken: Claims | null;
  /** Claims that only userinfo has. */
  userinfo(): Promise<Claims>;
  accessToken: string | null;
  /** Returns the address that is used instead of a provider's own. */
  addressOf: Social['addressOf'];
  /** The fields of the answer, of which nothing is signed. */
  answer: Readonly<Record<string, string>>;
};

/** Parameters that belong to the protocol. Nobody can replace them. */
const PROTOCOL = new Set([
  'client_id',
  'client_secret',
  'redirect_uri',
  'response_type',
  'response_mode',
  'state',
  'nonce',
  'code_challenge',
  'code_challenge_method',
  'scope',
  'request',
  'request_uri',
]);

const SIGNED_BY = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
];

/** Creates the login of a provider from its rules. */
export function strategyFrom(rules: Rules): Strategy {
  return {
    begin: (social, provider, request) => begin(social, rules, provider, request),
    finish: (social, provider, answer) => finish(social, rules, provider, answer),
  };
}

async function configure(social: Social, rules: Rules, provider: Provider): Promise<Configuration> {
  return configurationOf(social, provider, () => ({
    server: rules.server(provider),
    client: rules.client(provider, social.clock),
    fetch: rules.fetch,
    execute: rules.responseType?.(provider) === 'id_token' ? [useIdTokenResponseType] : [],
  }));
}

async function begin(
  social: Social,
  rules: Rules,
  provider: Provider,
  request: BeginRequest,
): Promise<BeginOutcome> {
  try {
    const configuration = await configure(social, rules, provider);
    const pkce = isImplicit(rules, provider)
      ? 'none'
      : rules.pkce(provider, configuration.serverMetadata());
    const verifier = pkce === 'none' ? null : randomPKCECodeVerifier();
    const nonce = rules.hasNonce(provider) ? randomNonce() : null;
    const responseMode = rules.responseMode(provider);
    const scopes = [...new Set([...rules.scopes(provider), ...(request.scopes ?? [])])];
    const free = Object.entries({ ...request.params, ...rules.params?.(provider, request) });
    const url = buildAuthorizationUrl(configuration, {
      ...Object.fromEntries(free.filter(([name]) => !PROTOCOL.has(name))),
      ...(request.loginHint !== undefined && { login_hint: request.loginHint }),
      ...(request.prompt !== undefined && { prompt: request.prompt }),
      redirect_uri: request.redirectUri,
      scope: scopes.join(' '),
      state: request.state,
      ...(isImplicit(rules, provider) && { response_type: 'id_token' }),
      ...(responseMode === 'form_post' && { response_mode: responseMode }),
      ...(nonce !== null && { nonce }),
      ...(verifier !== null && {
        code_challenge_method: pkce,
        code_challenge: await challengeOf(pkce, verifier),
      }),
    });
    // Apple does not read a plus sign as a blank.
    url.search = url.search.replaceAll('+', '%20');
    const address = social.addressOf(url.href);
    if (!social.mayVisit(address)) {
      return { kind: 'unavailable', why: 'The page of the provider is not at an https address.' };
    }
    return { kind: 'begun', url: address, nonce, verifier, responseMode };
  } catch (error) {
    const trouble = troubleOf(error, secretsOf(provider));
    return { kind: 'unavailable', why: 'why' in trouble ? trouble.why : trouble.error };
  }
}

async function finish(
  social: Social,
  rules: Rules,
  provider: Provider,
  given: ProviderAnswer,
): Promise<FinishOutcome> {
  const { answer, nonce, verifier } = given;
  const secrets = [...secretsOf(provider), answer.code, answer.id_token, nonce, verifier];
  try {
    const configuration = await configure(social, rules, provider);
    const proof = isImplicit(rules, provider)
      ? await proveByIdToken(configuration, given)
      : await proveByCode(configuration, social, given);
    if (proof.tokens.idToken !== null) checkAlgorithm(provider, proof.tokens.idToken);
    const { accessToken } = proof.tokens;
    secrets.push(accessToken, proof.tokens.refreshToken, proof.tokens.idToken);
    const { claims, ...identity } = await rules.identity({
      provider,
      configuration,
      idToken: proof.claims,
      userinfo: async () => {
        const { userinfo_endpoint: endpoint } = configuration.serverMetadata();
        if (endpoint === undefined || accessToken === null) return {};
        const subject = subjectOf(proof.claims?.sub);
        return { ...(await fetchUserInfo(configuration, accessToken, subject)) };
      },
      accessToken,
      addressOf: social.addressOf,
      answer,
    });
    return {
      kind: 'proved',
      identity: { ...identity, claims: storableClaims(claims), tokens: proof.tokens },
    };
  } catch (error) {
    return troubleOf(error, secrets);
  }
}

function isImplicit(rules: Rules, provider: Provider): boolean {
  return rules.responseType?.(provider) === 'id_token';
}

type Proof = { claims: Claims | null; tokens: ProviderTokens };

async function proveByCode(
  configuration: Configuration,
  social: Social,
  { answer, state, nonce, verifier, redirectUri }: ProviderAnswer,
): Promise<Proof> {
  const url = new URL(redirectUri);
  for (const name of ['code', 'state', 'iss', 'error', 'error_description']) {
    const value = answer[name];
    if (value !== undefined) url.searchParams.set(name, value);
  }
  const tokens = await authorizationCodeGrant(configuration, url, {
    expectedState: state,
    ...(nonce !== null && { expectedNonce: nonce }),
    ...(verifier !== null && { pkceCodeVerifier: verifier }),
    idTokenExpected: configuration.serverMetadata().jwks_uri !== undefined,
  });
  const seconds = tokens.expires_in;
  return {
    claims: tokens.id_token === undefined ? null : { ...tokens.claims() },
    tokens: {
      accessToken: tokens.access_token,
      refreshToken: tokens.refresh_token ?? null,
      idToken: tokens.id_token ?? null,
      expiresAt: seconds === undefined ? null : momentAfter(social.clock.now(), seconds),
      scope: tokens.scope?.replaceAll(',', ' ') ?? null,
    },
  };
}

async function proveByIdToken(
  configuration: Configuration,
  { answer, state, nonce, redirectUri }: ProviderAnswer,
): Promise<Proof> {
  if (nonce === null) throw new Unproved('The login has no nonce.');
  const url = new URL(redirectUri);
  const { id_token: idToken, ...rest } = answer;
  const fields = { ...rest, ...(idToken !== undefined && { id_token: idToken }) };
  url.hash = new URLSearchParams(fields).toString();
  const claims = await implicitAuthentication(configuration, url, nonce, { expectedState: state });
  return {
    claims: { ...claims },
    tokens: {
      accessToken: null,
      refreshToken: null,
      idToken: idToken ?? null,
      expiresAt: null,
      scope: null,
    },
  };
}

/** The library has verified the signature. This rules out weak or unwanted algorithms that a provider may name as its own. */
function checkAlgorithm({ options }: Provider, idToken: string): void {
  const wanted = options.id_token_signed_response_algs;
  const allowed = Array.isArray(wanted) && wanted.length > 0 ? wanted : SIGNED_BY;
  const { alg = 'none' } = decodeProtectedHeader(idToken);
  if (!SIGNED_BY.includes(alg) || !allowed.includes(alg)) {
    throw new Unproved(`The ID token is signed with ${alg.slice(0, 20)}, which is not allowed.`);
  }
}

async function challengeOf(pkce: Pkce, verifier: string): Promise<string> {
  return pkce === 'plain' ? verifier : calculatePKCECodeChallenge(verifier);
}

function secretsOf({ options }: Provider): (string | null)[] {
  return [textOption(options, 'client_secret'), textOption(options, 'app_secret')];
}
