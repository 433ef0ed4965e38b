import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { createLocalJWKSet, errors, jwtVerify } from 'jose';
import {
  CONSOLE_CLIENT_ID,
  findAdministrator,
} from '../../flows/appoint-administrators/appoint-administrators.ts';
import { sha256 } from '../../platform/crypto/crypto.ts';
import { randomAlnum } from '../../platform/ids/ids.ts';
import { findClient } from '../../records/clients/clients.ts';
import { findPayload } from '../../records/oidc-payloads/oidc-payloads.ts';
import { publicKeys } from '../../records/signing-keys/signing-keys.ts';
import { findUser } from '../../records/users/users.ts';
import { textIn } from './fields.ts';
import type { RouteDeps } from './route-deps.ts';
import { createSealedCookie } from './sealed-cookie.ts';

/** A login that this browser has started (RFC 6749, 10.12; RFC 7636; OpenID Connect Core 15.5.2). */
type Begun = { state: string; nonce: string; verifier: string };

const LIFETIME_SECONDS = 3600;

/** Registers `/console/login` and `/console/callback`. The console is an ordinary application of this server. */
export function registerSignIn(app: FastifyInstance, deps: RouteDeps): void {
  const { db, clock, keys, publicUrl, pages, sessions } = deps;
  const issuer = `${publicUrl}/`;
  const redirectUri = `${publicUrl}/console/callback`;
  const begun = createSealedCookie<Begun>({
    name: 'usher_console_login',
    purpose: 'console login',
    key: keys.cookie,
    lifetimeSeconds: LIFETIME_SECONDS,
    secure: deps.secureCookies,
    now: clock.now,
  });

  const again = (reply: FastifyReply, status: number, lead: string) =>
    pages.send(reply, {
      template: 'message',
      title: 'The login did not work',
      status,
      sign: 'oops',
      values: { lead, onwardUrl: '/console/login', onwardText: 'Log in again' },
    });

  app.get('/console/login', async (request, reply) => {
    if ((await findClient(db, CONSOLE_CLIENT_ID)) === null) {
      return pages.send(reply, {
        template: 'message',
        title: 'This server has no administrators',
        status: 404,
        sign: 'info',
        values: {
          lead:
            'The server was started with a bootstrap client. ' +
            'To invite the first administrator, run usher admin invite you@example.com on its machine.',
          onwardUrl: null,
          onwardText: null,
        },
      });
    }
    const login: Begun = {
      state: randomAlnum(32),
      nonce: randomAlnum(32),
      verifier: randomAlnum(64),
    };
    begun.set(reply, login);
    const hint = textIn(request.query, 'login_hint').slice(0, 320);
    const query = new URLSearchParams({
      client_id: CONSOLE_CLIENT_ID,
      response_type: 'code',
      scope: 'openid',
      redirect_uri: redirectUri,
      state: login.state,
      nonce: login.nonce,
      code_challenge: sha256(login.verifier).toString('base64url'),
      code_challenge_method: 'S256',
      ...(hint !== '' && { login_hint: hint }),
      ...(textIn(request.query, 'prompt') === 'login' && { prompt: 'login' }),
    });
    return reply.header('cache-control', 'no-store').redirect(`/authorize?${query}`, 303);
  });

  app.get('/console/callback', async (request, reply) => {
    const login = begun.read(request);
    begun.clear(reply);
    if (login === null || textIn(request.query, 'state') !== login.state) {
      return again(reply, 400, 'The login was started in another browser, or it took too long.');
    }
    const code = textIn(request.query, 'code');
    if (code === '') return again(reply, 400, 'The login was not finished.');
    // Reads the login's record before the code is redeemed, so that a password change in between ends the new session.
    await findPayload(db, keys.encryption, { model: 'AuthorizationCode', id: code });
    const userId = await redeem(request, { code, ...login });
    const user = userId === null ? null : await findUser(db, userId);
    if (user === null) return again(reply, 400, 'The login could not be confirmed.');
    if ((await findAdministrator(db, user.id)) === null) {
      return pages.send(reply, {
        template: 'message',
        title: 'The console is for administrators',
        status: 403,
        values: {
          lead: `You are logged in as ${user.email ?? user.username ?? user.id}. This account is not an administrator of this server.`,
          onwardUrl: '/console/login?prompt=login',
          onwardText: 'Log in with another account',
        },
      });
    }
    await sessions.begin(reply, { user, id: randomAlnum(32) });
    return reply.header('cache-control', 'no-store').redirect('/console', 303);
  });

  /** Redeems the code and returns the user's ID, or `null` if the code is not valid or belongs to another browser. */
  async function redeem(
    request: FastifyRequest,
    login: Begun & { code: string },
  ): Promise<string | null> {
    // Calls within the process, because the public address may not be reachable from here.
    const answer = await app.inject({
      method: 'POST',
      url: '/oauth/token',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      payload: new URLSearchParams({
        grant_type: 'authorization_code',
        client_id: CONSOLE_CLIENT_ID,
        redirect_uri: redirectUri,
        code: login.code,
        code_verifier: login.verifier,
      }).toString(),
    });
    const token = answer.statusCode === 200 ? textIn(answer.json(), 'id_token') : '';
    if (token === '') {
      request.log.warn({ status: answer.statusCode }, 'console login: no token');
      return null;
    }
    try {
      const keySet = createLocalJWKSet({ keys: await publicKeys(db) });
      const { payload } = await jwtVerify(token, keySet, {
        issuer,
        audience: CONSOLE_CLIENT_ID,
        algorithms: ['RS256'],
        requiredClaims: ['exp', 'sub', 'nonce'],
        currentDate: clock.now(),
      });
      return payload.nonce === login.nonce ? (payload.sub ?? null) : null;
    } catch (error) {
      if (!(error instanceof errors.JOSEError)) throw error;
      request.log.warn({ err: error }, 'console login: bad token');
      return null;
    }
  }
}
