import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import * as oidc from 'openid-client';
import { createCookieStore } from './cookie-store.ts';
import { errorPage, type Page, signedInPage, signedOutPage } from './pages.ts';

export type ExampleOptions = {
  /** URL of the server that signs users in, such as `http://localhost:3000/`. */
  issuer: string;
  clientId: string;
  /** Absent for a public client, which PKCE alone protects. */
  clientSecret?: string | undefined;
  /** 0 takes a free port. Then `baseUrl` must be absent. */
  port: number;
  /** Base URL for browsers. `<baseUrl>/callback` must be registered. */
  baseUrl?: string | undefined;
  /** More pages and scripts, by path. */
  files?: Record<string, { type: string; policy?: string; body: string }>;
};

/** Data kept from the redirect to the sign-in page until the callback. */
type Attempt = { verifier: string; state: string; nonce: string };

export type Session = { claims: oidc.IDToken; profile: oidc.UserInfoResponse; idToken: string };

const STYLE = readFileSync(join(import.meta.dirname, 'style.css'), 'utf8');
/**
 * `invitation` and `organization`: the link of an invitation to an organization leads here with both.
 * `login_ticket` lets in a person who has just accepted an invitation on a page of this application.
 */
const FORWARDED = [
  'login_hint',
  'screen_hint',
  'ui_locales',
  'prompt',
  'invitation',
  'organization',
  'login_ticket',
];
const TEN_MINUTES = 10 * 60 * 1000;
const EIGHT_HOURS = 8 * 60 * 60 * 1000;

/** Starts the example. It fetches the issuer's configuration at the first sign-in, so either may start first. */
export async function startExampleApp(
  options: ExampleOptions,
): Promise<{ url: string; close(): Promise<void> }> {
  const attempts = createCookieStore<Attempt>('example_attempt', TEN_MINUTES);
  const sessions = createCookieStore<Session>('example_session', EIGHT_HOURS);
  let baseUrl = options.baseUrl?.replace(/\/+$/, '') ?? '';
  let discovered: Promise<oidc.Configuration> | undefined;

  const issuer = (): Promise<oidc.Configuration> => {
    discovered ??= discover(options).catch((error: unknown) => {
      discovered = undefined;
      throw error;
    });
    return discovered;
  };

  async function logIn(url: URL, response: ServerResponse): Promise<void> {
    // A third party that starts a sign-in names its issuer (OpenID Connect Core, section 4).
    const iss = url.searchParams.get('iss');
    if (iss !== null && iss.replace(/\/$/, '') !== options.issuer.replace(/\/$/, '')) {
      return show(response, errorPage('This link is for another sign-in service.'), 400);
    }
    const config = await issuer();
    const verifier = oidc.randomPKCECodeVerifier();
    const attempt = { verifier, state: oidc.randomState(), nonce: oidc.randomNonce() };
    const forwarded = FORWARDED.flatMap((name) => {
      const value = url.searchParams.get(name);
      return value === null ? [] : [[name, value] as const];
    });
    const target = oidc.buildAuthorizationUrl(config, {
      redirect_uri: `${baseUrl}/callback`,
      scope: 'openid profile email',
      code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      state: attempt.state,
      nonce: attempt.nonce,
      ...Object.fromEntries(forwarded),
    });
    redirect(response, target.href, [attempts.put(attempt)]);
  }

  async function callback(
    url: URL,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const [attempt, clearAttempt] = attempts.take(request);
    const refused = url.searchParams.get('error');
    if (refused !== null) {
      const why = url.searchParams.get('error_description') ?? refused;
      return show(response, errorPage(`You were not signed in: ${why}`), 400, [clearAttempt]);
    }
    if (!attempt) {
      return show(response, errorPage('This sign-in was started elsewhere or too long ago.'), 400);
    }
    const config = await issuer();
    const tokens = await oidc.authorizationCodeGrant(config, url, {
      pkceCodeVerifier: attempt.verifier,
      expectedState: attempt.state,
      expectedNonce: attempt.nonce,
      idTokenExpected: true,
    });
    const claims = tokens.claims();
    if (!claims || tokens.id_token === undefined) throw new Error('The answer had no ID token.');
    const profile = await oidc.fetchUserInfo(config, tokens.access_token, claims.sub);
    const session = sessions.put({ claims, profile, idToken: tokens.id_token });
    redirect(response, `${baseUrl}/`, [clearAttempt, session]);
  }

  async function logOut(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [session, clearSession] = sessions.take(request);
    const target = oidc.buildEndSessionUrl(await issuer(), {
      post_logout_redirect_uri: `${baseUrl}/`,
      ...(session && { id_token_hint: session.idToken }),
    });
    redirect(response, target.href, [clearSession]);
  }

  function home(url: URL, request: IncomingMessage, response: ServerResponse): void {
    // People who have just set a password arrive here and continue to the sign-in at once.
    const email = url.searchParams.get('email');
    const session = sessions.get(request);
    if (!session && url.searchParams.get('success') === 'true') {
      const hint = email === null ? '' : `?${new URLSearchParams({ login_hint: email })}`;
      redirect(response, `${baseUrl}/login${hint}`);
      return;
    }
    show(
      response,
      session ? signedInPage(session) : signedOutPage(url.searchParams.get('message')),
    );
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', baseUrl);
    const file = request.method === 'GET' ? options.files?.[url.pathname] : undefined;
    if (file !== undefined) return send(response, file);
    switch (`${request.method} ${url.pathname}`) {
      case 'GET /':
        return home(url, request, response);
      case 'GET /login':
        return logIn(url, response);
      case 'GET /callback':
        return callback(url, request, response);
      case 'POST /logout':
        return logOut(request, response);
      case 'GET /style.css':
        response.writeHead(200, { 'content-type': 'text/css; charset=utf-8' }).end(STYLE);
        return;
      default:
        return show(response, errorPage('There is no such page.'), 404);
    }
  }

  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      const why = error instanceof Error ? error.message : String(error);
      show(response, errorPage(`Signing in did not work: ${why}`), 502);
    });
  });
  server.listen(options.port);
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : options.port;
  baseUrl ||= `http://localhost:${port}`;

  return {
    url: baseUrl,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function discover(options: ExampleOptions): Promise<oidc.Configuration> {
  const issuer = new URL(options.issuer);
  return oidc.discovery(
    issuer,
    options.clientId,
    undefined,
    options.clientSecret ? oidc.ClientSecretPost(options.clientSecret) : oidc.None(),
    // Only for a server on this machine. Everywhere else OpenID Connect needs TLS.
    { execute: issuer.protocol === 'http:' ? [oidc.allowInsecureRequests] : [] },
  );
}

function send(
  response: ServerResponse,
  { type, policy = "default-src 'none'", body }: { type: string; policy?: string; body: string },
): void {
  response
    .writeHead(200, {
      'content-type': `${type}; charset=utf-8`,
      'content-security-policy': policy,
      // Only the origin: it tells the sign-in service that a page of this application sends the person.
      'referrer-policy': 'strict-origin',
      'cache-control': 'no-store',
    })
    .end(body);
}

function redirect(response: ServerResponse, location: string, cookies: string[] = []): void {
  response.writeHead(303, { location, 'set-cookie': cookies, 'cache-control': 'no-store' }).end();
}

function show(response: ServerResponse, page: Page, status = 200, cookies: string[] = []): void {
  response
    .writeHead(status, {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': "default-src 'none'; style-src 'self'; base-uri 'none'",
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
      'set-cookie': cookies,
    })
    .end(page.html);
}
