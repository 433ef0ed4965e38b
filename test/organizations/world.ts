import { decodeJwt } from 'jose';
import { defaultConnectionId } from '../harness/application.ts';
import { aPassword, aPerson } from '../harness/factories.ts';
import { DEFAULT_CONNECTION, startServer, type TestServer } from '../harness/harness.ts';
import { type PlainBrowser, plainBrowser } from '../harness/plain-browser.ts';

export const CALLBACK = 'https://app.example.test/callback';
export const API = 'https://orders.example.test';

export type Person = { userId: string; email: string; password: string };
export type Client = { id: string; secret: string };
export type Organization = { id: string; name: string };

// biome-ignore lint/suspicious/noExplicitAny: tests look into answers whose shape is what they test
export type Tokens = { status: number; body: any };

/** A server with an API, and functions that create everything for logins to organizations. */
export async function openWorld(settings: Parameters<typeof startServer>[0] = {}) {
  const server = await startServer(settings);
  const connectionId = await defaultConnectionId(server);
  await made(server, '/resource-servers', {
    identifier: API,
    scopes: [{ value: 'read:orders' }],
    allow_offline_access: true,
  });

  async function aClient(more: object = {}): Promise<Client> {
    const { client_id, client_secret } = await made(server, '/clients', {
      name: 'Meadow',
      app_type: 'regular_web',
      oidc_conformant: true,
      callbacks: [CALLBACK],
      initiate_login_uri: 'https://app.example.test/login',
      organization_usage: 'allow',
      ...more,
    });
    await server.api('PATCH', `/api/v2/connections/${connectionId}/clients`, [
      { client_id, status: true },
    ]);
    return { id: client_id, secret: client_secret };
  }

  let serial = 0;
  async function anOrganization(more: object = {}): Promise<Organization> {
    const enabled_connections = [{ connection_id: connectionId }];
    const name = `acme-${++serial}`;
    return made(server, '/organizations', { name, enabled_connections, ...more });
  }

  async function aUser(more: object = {}): Promise<Person> {
    const person = { email: aPerson().email, password: aPassword(), ...more };
    const { user_id } = await made(server, '/users', {
      connection: DEFAULT_CONNECTION,
      email_verified: true,
      ...person,
    });
    return { ...person, userId: user_id };
  }

  async function aMember(organization: Organization): Promise<Person> {
    const person = await aUser();
    await made(server, `/organizations/${organization.id}/members`, { members: [person.userId] });
    return person;
  }

  function anInvitation(organization: Organization, client: Client, more: object = {}) {
    return made(server, `/organizations/${organization.id}/invitations`, {
      inviter: { name: 'Ina Viter' },
      invitee: { email: aPerson().email },
      client_id: client.id,
      send_invitation_email: false,
      ...more,
    });
  }

  function authorize(client: Client, params: Record<string, string> = {}): string {
    const query = new URLSearchParams({
      response_type: 'code',
      client_id: client.id,
      redirect_uri: CALLBACK,
      scope: 'openid profile email offline_access read:orders',
      audience: API,
      state: 'the-state',
      ...params,
    });
    return `${server.url}/authorize?${query}`;
  }

  async function token(form: Record<string, string>): Promise<Tokens> {
    const response = await fetch(`${server.url}/oauth/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(form),
    });
    return { status: response.status, body: await response.json() };
  }

  const exchange = (client: Client, back: URL) =>
    token({
      grant_type: 'authorization_code',
      client_id: client.id,
      client_secret: client.secret,
      code: back.searchParams.get('code') ?? '',
      redirect_uri: CALLBACK,
    });
  const refresh = (client: Client, refreshToken: string) =>
    token({
      grant_type: 'refresh_token',
      client_id: client.id,
      client_secret: client.secret,
      refresh_token: refreshToken,
    });

  /** Logs in on the current page and returns to the application. */
  async function logsIn(tab: Tab, url: string, { email, password }: Person): Promise<URL> {
    await tab.go(url);
    return tab.back(await tab.send({ username: email, password }));
  }

  return {
    server,
    connectionId,
    aClient,
    anOrganization,
    aUser,
    aMember,
    anInvitation,
    authorize,
    token,
    exchange,
    refresh,
    logsIn,
  };
}

export type World = Awaited<ReturnType<typeof openWorld>>;

/** Returns the body of a created object. */
// biome-ignore lint/suspicious/noExplicitAny: as above
export async function made(server: TestServer, path: string, body: unknown): Promise<any> {
  const answer = await server.api('POST', `/api/v2${path}`, body);
  if (answer.status >= 300) throw new Error(`POST ${path}: ${answer.status} ${answer.text}`);
  return answer.body;
}

export type Shown = { url: string; page: string; back: URL | null; status: number };
export type Tab = ReturnType<typeof openTab>;

/** A browser without JavaScript that follows redirects until a page is shown, or until it leaves for the application. */
export function openTab(browser: PlainBrowser = plainBrowser()) {
  let at = '';

  async function follow(response: Response & { page: string }, url: string): Promise<Shown> {
    let answer = response;
    let current = url;
    for (let hops = 0; hops < 12; hops++) {
      const location = answer.headers.get('location');
      if (location === null) {
        at = current;
        return { url: current, page: answer.page, back: null, status: answer.status };
      }
      current = new URL(location, current).href;
      if (current.startsWith(CALLBACK)) {
        return { url: current, page: '', back: new URL(current), status: answer.status };
      }
      answer = await browser.open(current);
    }
    throw new Error(`Too many redirects: ${current}`);
  }

  return {
    async go(url: string): Promise<Shown> {
      return follow(await browser.open(url), url);
    },
    /** Sends the first form of the current page. */
    async send(fields: Record<string, string>): Promise<Shown> {
      return follow(await browser.submit(at, fields), at);
    },
    /** The same, and does not follow the redirect of the answer. */
    async prove(fields: Record<string, string> = {}): Promise<void> {
      await browser.submit(at, fields);
    },
    forget: (cookie: string) => browser.forget(cookie),
    cookies: () => browser.cookies(),
    back(shown: Shown): URL {
      if (shown.back === null) throw new Error(`Still at ${shown.url}:\n${shown.page}`);
      return shown.back;
    },
  };
}

export function claimsOf(jwt: string): Record<string, unknown> {
  return decodeJwt(jwt);
}
