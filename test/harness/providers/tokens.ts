import { createHash, randomBytes } from 'node:crypto';
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';
import type { Answer, Asked, Login, Person } from './stand-in.ts';

export type Client = { clientId: string; clientSecret: string };

/** The client of a stand-in, if a test has no own. */
export const PROVIDER_CLIENT: Client = {
  clientId: 'client-at-the-provider',
  clientSecret: 'secret-at-the-provider-0123456789',
};

const KEY_ID = 'key-of-the-stand-in';
let pair: Promise<{ privateKey: CryptoKey; jwk: JWK }> | undefined;

/** The signing key of all stand-ins. Making one takes a while. */
export function signingKey(): Promise<{ privateKey: CryptoKey; jwk: JWK }> {
  pair ??= generateKeyPair('RS256', { extractable: true }).then(
    async ({ privateKey, publicKey }) => ({
      privateKey,
      jwk: { ...(await exportJWK(publicKey)), kid: KEY_ID, alg: 'RS256', use: 'sig' },
    }),
  );
  return pair;
}

/** Signs an ID token as a provider does. */
export async function signIdToken(claims: Record<string, unknown>): Promise<string> {
  const { privateKey } = await signingKey();
  return new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid: KEY_ID }).sign(privateKey);
}

/** Codes that work once (RFC 6749 §4.1), for logins that are known by them and by their access tokens. */
export function createCodes() {
  const logins = new Map<string, Login>();
  const tokens = new Map<string, Person>();
  return {
    codeFor(login: Login): string {
      const code = randomBytes(16).toString('hex');
      logins.set(code, login);
      return code;
    },
    /** Uses a code up. Returns an error of RFC 6749 §5.2 if a check fails. */
    take(
      { params, headers }: Asked,
      check: (id: string, secret: string) => boolean,
    ): Login | string {
      const [id, secret] = credentials(params, headers.authorization);
      if (!check(id, secret)) return 'invalid_client';
      const login = logins.get(params.code ?? '');
      logins.delete(params.code ?? '');
      if (login === undefined) return 'invalid_grant';
      const { redirect_uri: redirectUri, code_challenge: challenge } = login.params;
      if (redirectUri !== params.redirect_uri || id !== login.params.client_id)
        return 'invalid_grant';
      const hash = createHash('sha256')
        .update(params.code_verifier ?? '')
        .digest('base64url');
      const shown = login.params.code_challenge_method === 'plain' ? params.code_verifier : hash;
      return challenge !== undefined && challenge !== shown ? 'invalid_grant' : login;
    },
    accessTokenFor(person: Person): string {
      const token = `token-${randomBytes(16).toString('hex')}`;
      tokens.set(token, person);
      return token;
    },
    /** The person of the bearer token of a request. */
    personOf({ headers }: Asked): Person | undefined {
      return tokens.get((headers.authorization ?? '').replace(/^Bearer /i, ''));
    },
  };
}

export function tokenError(error: string, status = 400): Answer {
  return { status, body: { error, error_description: `The test says ${error}.` } };
}

function credentials(params: Asked['params'], authorization = ''): [string, string] {
  if (!authorization.startsWith('Basic '))
    return [params.client_id ?? '', params.client_secret ?? ''];
  const text = Buffer.from(authorization.slice(6), 'base64').toString();
  const [id = '', secret = ''] = text.split(':').map((part) => decodeURIComponent(part));
  return [id, secret];
}
