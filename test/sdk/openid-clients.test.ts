import { AuthClient } from '@auth0/auth0-auth-js';
import { AuthenticationClient } from 'auth0/legacy';
import { exportSPKI, generateKeyPair } from 'jose';
import * as oauth from 'oauth4webapi';
import * as openid from 'openid-client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { aPassword, aPerson } from '../harness/factories.ts';
import { DEFAULT_CONNECTION, type TestServer } from '../harness/harness.ts';
import { type PlainBrowser, plainBrowser } from '../harness/plain-browser.ts';
import { type ApiClient, createUser, type Person, registerClient } from '../harness/registered.ts';
import { type Certificate, startTlsServer } from './https.ts';

// Unchanged client libraries: the two of the OpenID world, and the official ones.
const CALLBACK = 'https://app.example.test/callback';
const API = 'https://api.example.test/';
const GRANTS = 'http://auth0.com/oauth/grant-type';
const DEVICE = 'urn:ietf:params:oauth:grant-type:device_code';

let server: TestServer;
let certificate: Certificate;
let user: Person;
let client: ApiClient;

beforeAll(async () => {
  ({ server, certificate } = await startTlsServer());
  user = await createUser(server, { name: 'Ada Example' });
  client = await registerClient(server, {
    name: 'All of it',
    app_type: 'regular_web',
    callbacks: [CALLBACK],
    allowed_logout_urls: ['https://app.example.test/bye'],
    grant_types: [
      'authorization_code',
      'implicit',
      'refresh_token',
      'client_credentials',
      'password',
      DEVICE,
      `${GRANTS}/password-realm`,
      `${GRANTS}/passwordless/otp`,
    ],
  });
  const made = [
    await server.api('POST', '/api/v2/resource-servers', {
      identifier: API,
      name: 'An API',
      scopes: [{ value: 'read:things' }],
      allow_offline_access: true,
    }),
    await server.api('POST', '/api/v2/client-grants', {
      client_id: client.id,
      audience: API,
      scope: ['read:things'],
    }),
    await server.api('POST', '/api/v2/connections', {
      name: 'email',
      strategy: 'email',
      enabled_clients: [client.id],
    }),
  ];
  for (const apiAnswer of made) if (apiAnswer.status !== 201) throw new Error(apiAnswer.text);
});

afterAll(() => certificate?.remove());

/** Follows the server's own redirects and logs in on the way, up to the application's callback. */
async function logInAt(url: string, browser: PlainBrowser = plainBrowser()): Promise<URL> {
  let next = url;
  for (let hop = 0; hop < 8; hop++) {
    const { pathname } = new URL(next);
    const answer =
      pathname === '/u/login'
        ? await browser.submit(next, { username: user.email, password: user.password })
        : await browser.open(next);
    const location = answer.headers.get('location');
    if (location === null) throw new Error(`${next} answered ${answer.status}: ${answer.page}`);
    next = new URL(location, next).href;
    if (!next.startsWith(server.url)) return new URL(next);
  }
  throw new Error('The login goes in circles.');
}

async function codeFor(email: string): Promise<string> {
  const { mail } = await server.sink.waitForMail(email);
  return /\b\d{6}\b/.exec(mail.subject ?? '')?.[0] ?? '';
}

describe('openid-client', () => {
  const discover = () => openid.discovery(new URL(`${server.url}/`), client.id, client.secret);

  test('logs in with PKCE, refreshes, reads /userinfo, revokes and logs out', async () => {
    const config = await discover();
    const verifier = openid.randomPKCECodeVerifier();
    const [state, nonce] = [openid.randomState(), openid.randomNonce()];
    const asked = openid.buildAuthorizationUrl(config, {
      redirect_uri: CALLBACK,
      scope: 'openid profile email offline_access',
      code_challenge: await openid.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      state,
      nonce,
    });
    const browser = plainBrowser();
    const back = await logInAt(asked.href, browser);
    const tokens = await openid.authorizationCodeGrant(config, back, {
      pkceCodeVerifier: verifier,
      expectedState: state,
      expectedNonce: nonce,
    });
    expect(tokens.claims()).toMatchObject({ sub: user.userId, email: user.email });
    const info = await openid.fetchUserInfo(config, tokens.access_token, user.userId);
    expect(info).toMatchObject({ name: 'Ada Example', email: user.email });
    const refreshed = await openid.refreshTokenGrant(config, tokens.refresh_token ?? '');
    expect(refreshed.claims()?.sub).toBe(user.userId);
    const kept = refreshed.refresh_token ?? tokens.refresh_token ?? '';
    await openid.tokenRevocation(config, kept);
    await expect(openid.refreshTokenGrant(config, kept)).rejects.toMatchObject({
      error: 'invalid_grant',
    });
    const out = openid.buildEndSessionUrl(config, {
      id_token_hint: tokens.id_token ?? '',
      post_logout_redirect_uri: 'https://app.example.test/bye',
      state: 'left',
    });
    const left = await browser.open(out.href);
    expect(left.headers.get('location')).toBe('https://app.example.test/bye?state=left');
  });

  test('gets a token for an application itself, with a secret and with a signature', async () => {
    const config = await discover();
    const token = await openid.clientCredentialsGrant(config, { audience: API });
    expect(token).toMatchObject({ token_type: 'bearer', scope: 'read:things' });

    const { publicKey, privateKey } = await generateKeyPair('RS256', { extractable: true });
    const signer = await server.api<{ client_id: string }>('POST', '/api/v2/clients', {
      name: 'A signer',
      app_type: 'non_interactive',
      client_authentication_methods: {
        private_key_jwt: {
          credentials: [
            { credential_type: 'public_key', name: 'k', pem: await exportSPKI(publicKey) },
          ],
        },
      },
    });
    expect(signer.status, signer.text).toBe(201);
    await server.api('POST', '/api/v2/client-grants', {
      client_id: signer.body.client_id,
      audience: API,
      scope: ['read:things'],
    });
    const signing = await openid.discovery(
      new URL(`${server.url}/`),
      signer.body.client_id,
      undefined,
      openid.PrivateKeyJwt(privateKey),
    );
    const own = await openid.clientCredentialsGrant(signing, { audience: API });
    expect(own.scope).toBe('read:things');
  });

  test('gets an ID token that verifies through the implicit flow', async () => {
    const config = await discover();
    openid.useIdTokenResponseType(config);
    const nonce = openid.randomNonce();
    const asked = openid.buildAuthorizationUrl(config, {
      redirect_uri: CALLBACK,
      scope: 'openid email',
      nonce,
    });
    const back = await logInAt(asked.href);
    const claims = await openid.implicitAuthentication(config, back, nonce);
    expect(claims).toMatchObject({ sub: user.userId, email: user.email });
  });

  test('polls as a device until its code is confirmed', async () => {
    const config = await discover();
    const started = await openid.initiateDeviceAuthorization(config, {
      scope: 'openid offline_access',
    });
    const browser = plainBrowser();
    const confirm = await browser.submit(started.verification_uri, {
      user_code: started.user_code,
    });
    expect(confirm.page).toContain(started.user_code);
    const xsrf = /name="xsrf" value="([^"]+)"/.exec(confirm.page)?.[1] ?? '';
    const signedIn = await postConfirm(browser, started, xsrf);
    expect(signedIn).toContain('Your device is connected');
    const tokens = await openid.pollDeviceAuthorizationGrant(config, { ...started, interval: 1 });
    expect(tokens.claims()?.sub).toBe(user.userId);
    expect(tokens.refresh_token).toEqual(expect.any(String));
  });
});

/** Confirms the code, logs in, and comes back to the page's last word. */
async function postConfirm(
  browser: PlainBrowser,
  started: { verification_uri: string; user_code: string },
  xsrf: string,
): Promise<string> {
  const fields = { user_code: started.user_code, xsrf, confirm: 'yes' };
  let answer = await browser.post(started.verification_uri, fields);
  for (let hop = 0; hop < 6; hop++) {
    const location = answer.headers.get('location');
    if (location === null) break;
    const next = new URL(location, server.url);
    answer =
      next.pathname === '/u/login'
        ? await browser.submit(next.href, { username: user.email, password: user.password })
        : await browser.open(next.href);
  }
  return answer.page;
}

test('oauth4webapi completes discovery, code with PKCE, ID token and userinfo', async () => {
  const issuer = new URL(`${server.url}/`);
  const as = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer));
  expect(as.device_authorization_endpoint).toBe(`${server.url}/oauth/device/code`);
  const own = { client_id: client.id };
  const proof = oauth.ClientSecretPost(client.secret);
  const verifier = oauth.generateRandomCodeVerifier();
  const asked = new URL(as.authorization_endpoint ?? '');
  asked.search = new URLSearchParams({
    client_id: client.id,
    redirect_uri: CALLBACK,
    response_type: 'code',
    scope: 'openid email',
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    audience: API,
  }).toString();
  const back = await logInAt(asked.href);
  const parameters = oauth.validateAuthResponse(as, own, back, oauth.expectNoState);
  const answer = await oauth.authorizationCodeGrantRequest(
    as,
    own,
    proof,
    parameters,
    CALLBACK,
    verifier,
  );
  const tokens = await oauth.processAuthorizationCodeResponse(as, own, answer, {
    requireIdToken: true,
  });
  expect(oauth.getValidatedIdTokenClaims(tokens)).toMatchObject({ sub: user.userId });
  const info = await oauth.processUserInfoResponse(
    as,
    own,
    user.userId,
    await oauth.userInfoRequest(as, own, tokens.access_token),
  );
  expect(info.email).toBe(user.email);
});

describe('@auth0/auth0-auth-js', () => {
  const auth = () =>
    new AuthClient({
      domain: new URL(server.url).host,
      clientId: client.id,
      clientSecret: client.secret,
    });

  test('signs up, logs in with the password, refreshes, revokes', async () => {
    const { email } = aPerson();
    const password = aPassword();
    const signedUp = await auth().database.signUp({
      email,
      password,
      connection: DEFAULT_CONNECTION,
    });
    expect(signedUp).toMatchObject({ email, emailVerified: false });
    const tokens = await auth().getTokenByPassword({
      username: email,
      password,
      scope: 'openid email offline_access',
    });
    expect(tokens.claims).toMatchObject({ email, sub: `auth0|${signedUp.id}` });
    expect(await auth().getUserInfo({ accessToken: tokens.accessToken })).toMatchObject({ email });
    const refreshToken = tokens.refreshToken ?? '';
    const next = await auth().getTokenByRefreshToken({ refreshToken });
    expect(next.accessToken).not.toBe(tokens.accessToken);
    const last = next.refreshToken ?? refreshToken;
    await auth().revokeToken({ token: last });
    await expect(auth().getTokenByRefreshToken({ refreshToken: last })).rejects.toThrow();
    await expect(
      auth().getTokenByPassword({ username: email, password: 'wrong' }),
    ).rejects.toMatchObject({
      cause: { error: 'invalid_grant', error_description: 'Wrong email or password.' },
    });
    expect(await auth().database.changePassword({ email, connection: DEFAULT_CONNECTION })).toBe(
      "We've just sent you an email to reset your password.",
    );
  });

  test('logs in with a code that came by mail', async () => {
    const { email } = aPerson();
    await auth().passwordless.sendEmail({ email, send: 'code' });
    const tokens = await auth().getTokenByPasswordlessEmail({
      email,
      code: await codeFor(email),
      scope: 'openid email',
    });
    expect(tokens.claims).toMatchObject({ email, email_verified: true });
  });
});

describe('auth0/legacy', () => {
  const auth = () =>
    new AuthenticationClient({
      domain: new URL(server.url).host,
      clientId: client.id,
      clientSecret: client.secret,
    });

  test('completes password, realm, refresh, revoke and client credentials', async () => {
    const { data } = await auth().oauth.passwordGrant({
      username: user.email,
      password: user.password,
      realm: DEFAULT_CONNECTION,
      scope: 'openid offline_access',
      audience: API,
    });
    expect(data.id_token).toEqual(expect.any(String));
    const token = { refresh_token: data.refresh_token ?? '' };
    const again = await auth().oauth.refreshTokenGrant(token);
    expect(again.data.access_token).toEqual(expect.any(String));
    await auth().oauth.revokeRefreshToken({
      token: again.data.refresh_token ?? token.refresh_token,
    });
    const own = await auth().oauth.clientCredentialsGrant({ audience: API });
    expect(own.data.token_type).toBe('Bearer');
  });

  test('signs up, is refused in the words it knows, and requests a new password', async () => {
    const { email } = aPerson();
    const connection = DEFAULT_CONNECTION;
    const { data } = await auth().database.signUp({ email, password: aPassword(), connection });
    expect(data).toMatchObject({ email, email_verified: false });
    await expect(
      auth().database.signUp({ email, password: aPassword(), connection }),
    ).rejects.toMatchObject({ error: 'invalid_signup' });
    await expect(
      auth().database.signUp({ email: aPerson().email, password: 'weak', connection }),
    ).rejects.toMatchObject({ error: 'invalid_password' });
    const sent = await auth().database.changePassword({ email, connection });
    expect(sent.data).toBe("We've just sent you an email to reset your password.");
  });

  test('completes a passwordless login', async () => {
    const { email } = aPerson();
    await auth().passwordless.sendEmail({ email, send: 'code' });
    const { data } = await auth().passwordless.loginWithEmail({
      email,
      code: await codeFor(email),
      scope: 'openid',
    });
    expect(data.id_token).toEqual(expect.any(String));
  });
});
