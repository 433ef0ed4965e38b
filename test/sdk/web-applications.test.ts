import express, { type RequestHandler } from 'express';
import { auth, requiresAuth } from 'express-openid-connect';
import session from 'express-session';
import passport from 'passport';
import Auth0Strategy from 'passport-auth0';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { launchBrowser } from '../harness/browser.ts';
import type { TestServer } from '../harness/harness.ts';
import { createUser, type Person, registerClient } from '../harness/registered.ts';
import { type Certificate, logsIn, serveApplication, startTlsServer } from './https.ts';

// Web applications with the official middlewares, in a real browser.
const SECRET = 'a-session-secret-of-the-application-0123456789';

let server: TestServer;
let certificate: Certificate;
let browser: Browser;
let user: Person;
const opened: { close(): Promise<void> }[] = [];

beforeAll(async () => {
  ({ server, certificate } = await startTlsServer({ clientSecrets: 'encrypted' }));
  user = await createUser(server, { name: 'Ada Example', given_name: 'Ada' });
  browser = await launchBrowser();
});

afterAll(async () => {
  for (const each of opened) await each.close();
  certificate?.remove();
});

async function visitor(): Promise<Page> {
  const context = await browser.newContext({ ignoreHTTPSErrors: true, locale: 'en-US' });
  context.setDefaultTimeout(15_000);
  return context.newPage();
}

const shown = async (page: Page) => JSON.parse(await page.locator('body').innerText());

const register = (url: string, more: Record<string, unknown> = {}) =>
  registerClient(server, {
    name: 'A web application',
    app_type: 'regular_web',
    callbacks: [`${url}/callback`],
    allowed_logout_urls: [url],
    ...more,
  });

describe('express-openid-connect', () => {
  async function application(
    settings: Record<string, unknown>,
    more: Record<string, unknown> = {},
  ): Promise<string> {
    const app = await serveApplication(certificate, async (baseURL) => {
      const { id: clientId, secret: clientSecret } = await register(baseURL, more);
      const handler = express();
      handler.use(
        auth({
          issuerBaseURL: server.url,
          baseURL,
          clientID: clientId,
          secret: SECRET,
          authRequired: false,
          auth0Logout: true,
          ...(settings.authorizationParams !== undefined && { clientSecret }),
          ...settings,
        }),
      );
      handler.get('/', (request, response) => {
        response.json({ in: request.oidc.isAuthenticated() });
      });
      handler.get('/me', requiresAuth(), async (request, response) => {
        const { oidc } = request;
        response.json({
          user: oidc.user,
          hasAccessToken: oidc.accessToken !== undefined,
          userinfo: oidc.accessToken === undefined ? null : await oidc.fetchUserInfo(),
        });
      });
      handler.get('/renew', requiresAuth(), async (request, response) => {
        const before = request.oidc.refreshToken;
        await request.oidc.accessToken?.refresh();
        const after = request.oidc.refreshToken;
        response.json({
          renewed: request.oidc.accessToken !== undefined,
          rotated: after !== before,
        });
      });
      return handler;
    });
    opened.push(app);
    return app.url;
  }

  test('signs in with a code, reads /userinfo, and logs out of both', async () => {
    const url = await application({
      authorizationParams: { response_type: 'code', scope: 'openid profile email' },
    });
    const page = await visitor();
    await page.goto(`${url}/me`);
    await logsIn(page, user);
    await page.waitForURL(`${url}/me`);
    const person = { sub: user.userId, email: user.email, name: 'Ada Example' };
    expect(await shown(page)).toMatchObject({
      user: { ...person, sid: expect.any(String) },
      hasAccessToken: true,
      userinfo: person,
    });

    await page.goto(`${url}/logout`);
    await page.waitForURL(`${url}/`);
    expect(await shown(page)).toEqual({ in: false });
    await page.goto(`${url}/me`);
    await page.waitForURL(/\/u\/login/);
  });

  test('signs in by default with an ID token posted back by a form', async () => {
    const url = await application({}, { grant_types: ['implicit', 'authorization_code'] });
    const page = await visitor();
    await page.goto(`${url}/me`);
    await logsIn(page, user);
    await page.waitForURL(`${url}/me`);
    expect(await shown(page)).toMatchObject({
      user: { sub: user.userId, email: user.email },
      hasAccessToken: false,
    });
  });

  test('accepts an ID token that its secret has signed', async () => {
    const url = await application(
      {
        idTokenSigningAlg: 'HS256',
        authorizationParams: { response_type: 'code', scope: 'openid email' },
      },
      { jwt_configuration: { alg: 'HS256' } },
    );
    const page = await visitor();
    await page.goto(`${url}/me`);
    await logsIn(page, user);
    await page.waitForURL(`${url}/me`);
    expect(await shown(page)).toMatchObject({ user: { sub: user.userId, email: user.email } });
  });

  test('renews its access token', async () => {
    const url = await application(
      { authorizationParams: { response_type: 'code', scope: 'openid profile offline_access' } },
      { refresh_token: { rotation_type: 'rotating', expiration_type: 'expiring', leeway: 0 } },
    );
    const page = await visitor();
    await page.goto(`${url}/me`);
    await logsIn(page, user);
    await page.waitForURL(`${url}/me`);
    await page.goto(`${url}/renew`);
    expect(await shown(page)).toMatchObject({ renewed: true, rotated: true });
  });
});

describe('passport-auth0', () => {
  async function application(): Promise<string> {
    const app = await serveApplication(certificate, async (url) => {
      const { id: clientId, secret: clientSecret } = await register(url);
      const pass = new passport.Passport();
      const verify: Auth0Strategy.VerifyFunction = (_access, _refresh, extra, profile, done) =>
        done(null, { ...profile, idToken: 'id_token' in extra });
      pass.use(
        new Auth0Strategy(
          {
            domain: new URL(server.url).host,
            clientID: clientId,
            clientSecret,
            callbackURL: `${url}/callback`,
          },
          verify,
        ),
      );
      pass.serializeUser((person, done) => done(null, person));
      pass.deserializeUser((person: Express.User, done) => done(null, person));
      const handler = express();
      handler.use(session({ secret: SECRET, resave: false, saveUninitialized: true }));
      handler.use(pass.initialize());
      handler.use(pass.session());
      const authenticate = (options: object): RequestHandler => pass.authenticate('auth0', options);
      handler.get('/login', authenticate({ scope: 'openid email profile' }));
      handler.get(
        '/callback',
        authenticate({ successRedirect: '/me', failureRedirect: '/failed', failureMessage: true }),
      );
      handler.get('/me', (request, response) => {
        response.json(request.user ?? null);
      });
      handler.get('/failed', (request, response) => {
        response.json({ failed: Object(request.session).messages });
      });
      return handler;
    });
    opened.push(app);
    return app.url;
  }

  test('signs in and makes a profile of /userinfo', async () => {
    const url = await application();
    const page = await visitor();
    await page.goto(`${url}/login`);
    await logsIn(page, user);
    await page.waitForURL(`${url}/me`);
    expect(await shown(page)).toMatchObject({
      provider: 'auth0',
      id: user.userId,
      displayName: 'Ada Example',
      emails: [{ value: user.email }],
      idToken: true,
    });
  });

  test('receives the error for a blocked user', async () => {
    const blocked = await createUser(server, { blocked: true });
    const url = await application();
    const page = await visitor();
    await page.goto(`${url}/login`);
    await logsIn(page, blocked);
    await page.waitForURL(`${url}/failed`);
    expect(await shown(page)).toEqual({ failed: ['unauthorized'] });
  });
});
