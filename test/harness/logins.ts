import { createHash } from 'node:crypto';
import { decodeJwt, type JWTPayload } from 'jose';
import type { App } from '../../src/app.ts';
import { findClient } from '../../src/records/clients/clients.ts';
import type { Page, Visitor } from './visitor.ts';

// A public application proves with it that it began the login (RFC 7636).
const VERIFIER = 'a-verifier-of-the-tests-that-is-long-enough';
const CHALLENGE = createHash('sha256').update(VERIFIER).digest('base64url');

export type Logins = ReturnType<typeof loginsAt>;

/** Functions that log users in to applications, as the applications do. */
export function loginsAt({ http, config: { publicUrl }, deps }: App) {
  /** The path below the server where this application begins a login. Its id is the `state`. */
  async function authorizePath(
    clientId: string,
    params: Record<string, string> = {},
  ): Promise<string> {
    const query = new URLSearchParams({
      response_type: 'code',
      client_id: clientId,
      redirect_uri: await callbackOf(clientId),
      scope: 'openid',
      state: clientId,
      code_challenge: CHALLENGE,
      code_challenge_method: 'S256',
      ...params,
    });
    return `/authorize?${query}`;
  }

  async function callbackOf(clientId: string): Promise<string> {
    const client = await findClient(deps.db, clientId);
    return client?.settings.callbacks.at(-1)?.replace('*', 'any') ?? '';
  }

  /** Follows redirects within the server. @returns the address outside to which they lead, or the page at which they end */
  async function follow(visitor: Visitor, answer: Page): Promise<URL | Page> {
    let page = answer;
    for (let hop = 0; hop < 8; hop++) {
      const { location } = page.headers;
      if (location === undefined) return page;
      const next = new URL(String(location), publicUrl);
      if (next.origin !== new URL(publicUrl).origin) return next;
      page = await visitor.get(next.pathname + next.search);
    }
    throw new Error('The redirects go in circles.');
  }

  /** The parameters with which the browser comes back to the application after this answer. */
  async function backAt(visitor: Visitor, answer: Page): Promise<URLSearchParams> {
    const end = await follow(visitor, answer);
    if (!(end instanceof URL)) throw new Error(`Nobody came back:\n${end.html}`);
    return end.searchParams;
  }

  /** Exchanges the code with which the browser comes back after this answer. @returns the claims of the ID token */
  async function claimsAfter(visitor: Visitor, answer: Page): Promise<JWTPayload> {
    const back = await backAt(visitor, answer);
    const clientId = back.get('state') ?? '';
    const response = await http.inject({
      method: 'POST',
      url: '/oauth/token',
      payload: {
        grant_type: 'authorization_code',
        client_id: clientId,
        code: back.get('code') ?? '',
        redirect_uri: await callbackOf(clientId),
        code_verifier: VERIFIER,
      },
    });
    const { id_token } = response.json();
    if (typeof id_token !== 'string') throw new Error(`${back}: ${response.body}`);
    return decodeJwt(id_token);
  }

  /**
   * Begins a login in this browser, as an application does, also if a user is logged in.
   * @returns the `state` in the address of its page
   */
  async function beginLogin(
    visitor: Visitor,
    clientId: string,
    params: Record<string, string> = {},
  ): Promise<string> {
    const path = await authorizePath(clientId, { prompt: 'login', ...params });
    const { status, headers, html } = await visitor.get(path);
    const page = new URL(String(headers.location ?? ''), publicUrl);
    const state = page.searchParams.get('state');
    if (!page.pathname.startsWith('/u/') || state === null) {
      throw new Error(`No login began: ${status} ${headers.location ?? html}`);
    }
    return state;
  }

  return {
    authorizePath,
    backAt,
    claimsAfter,
    beginLogin,
    /** Begins a login and opens its page. With a login ticket, a page of the application has sent the browser. */
    async openLogin(
      visitor: Visitor,
      clientId: string,
      params: Record<string, string> = {},
    ): Promise<Page> {
      const path = `/u/login?state=${await beginLogin(visitor, clientId, params)}`;
      const { origin } = new URL(await callbackOf(clientId));
      return visitor.get(path, params.login_ticket === undefined ? {} : { referer: `${origin}/` });
    },
    /** The user whom this browser logs in to the application without a page, or null. */
    async userIn(visitor: Visitor, clientId: string): Promise<string | null> {
      const answer = await visitor.get(await authorizePath(clientId, { prompt: 'none' }));
      const back = await backAt(visitor, answer);
      if (back.get('error') === 'login_required') return null;
      return (await claimsAfter(visitor, answer)).sub ?? null;
    },
  };
}
