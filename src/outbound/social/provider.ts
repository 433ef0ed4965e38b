/** A connection to an identity provider. */
export type Provider = {
  connectionId: string;
  connectionName: string;
  strategy: string;
  /** Options under Auth0's names, such as `client_id`, with their secrets decrypted. */
  options: Readonly<Record<string, unknown>>;
  /** Whether the options lack a secret, because another key has encrypted it. */
  hasLostSecrets?: boolean;
};

/** What a provider says about the person who logged in there. */
export type ProvidedIdentity = {
  /** With `subject`, the key of the identity in this connection. */
  issuer: string;
  subject: string;
  /** The part of the user id after `strategy|`. */
  userIdPart: string;
  /** In canonical form. `null` if the provider gives none, or one to which no mail can be sent. */
  email: string | null;
  /** The provider has verified the address, by the rule that holds for this provider. */
  emailVerified: boolean;
  /** The provider runs the mailbox or its domain, so that its word may stand for a mail to the address. Implies `emailVerified`. */
  isAuthoritative: boolean;
  profile: ProvidedProfile;
  /** All claims, or the whole answer of a provider without ID tokens. At most 64 KiB as JSON, storable as jsonb. */
  claims: Record<string, unknown>;
  tokens: ProviderTokens;
};

export type ProvidedProfile = {
  name: string | null;
  givenName: string | null;
  familyName: string | null;
  nickname: string | null;
  /** An http or https URL. */
  picture: string | null;
  username?: string;
};

export type ProviderTokens = {
  accessToken: string | null;
  refreshToken: string | null;
  idToken: string | null;
  expiresAt: Date | null;
  /** Separated by spaces. */
  scope: string | null;
};

export type BeginRequest = {
  /** At least 128 bits, bound to the browser by the caller. */
  state: string;
  /** Without a query: the library derives the address for the token request from it. */
  redirectUri: string;
  loginHint?: string | undefined;
  prompt?: string | undefined;
  /** Scopes beyond those of the connection, as `connection_scope` has them. */
  scopes?: string[] | undefined;
  /** Further parameters of the authorization request. Those of the protocol, such as `state`, keep their own values. */
  params?: Record<string, string> | undefined;
};

export type BeginOutcome =
  | {
      kind: 'begun';
      /** Where the browser goes. */
      url: string;
      /** The caller keeps both, and gives them to the end of the same login. */
      nonce: string | null;
      verifier: string | null;
      /** `form_post`: the answer is a POST from the provider's page, to which the browser adds no SameSite=Lax cookies. */
      responseMode: 'query' | 'form_post';
    }
  | { kind: 'unavailable'; why: string };

export type ProviderAnswer = {
  /** The fields of the query, or of the form. */
  answer: Record<string, string>;
  state: string;
  nonce: string | null;
  verifier: string | null;
  redirectUri: string;
};

/** `why` is for the tenant log. It contains no secrets. */
export type FinishOutcome =
  | { kind: 'proved'; identity: ProvidedIdentity }
  /** The provider answered with an error, for example because the person did not agree. */
  | { kind: 'denied'; error: string; description: string | null }
  /** The answer proves nothing. */
  | { kind: 'failed'; why: string }
  /** The provider cannot be reached, or has an error. */
  | { kind: 'unavailable'; why: string };
