import { defaultConnectionId } from './application.ts';
import { API, CALLBACK } from './builders.ts';
import { aPassword, aPerson } from './factories.ts';
import { DEFAULT_CONNECTION, type TestServer } from './harness.ts';
import type { Tab } from './tab.ts';

export type Person = { userId: string; email: string; password: string };
export type ApiClient = { id: string; secret: string };
export type Organization = { id: string; name: string };

// biome-ignore lint/suspicious/noExplicitAny: tests look into answers whose shape is what they test
export type Tokens = { status: number; body: any };

export type Registered = ReturnType<typeof registerOf>;

/** Functions that create through the API what logins of applications and organizations need, and such logins. */
export function registerOf(server: TestServer, connectionId: string) {
  let serial = 0;
  async function anOrganization(more: object = {}): Promise<Organization> {
    const enabled_connections = [{ connection_id: connectionId }];
    const name = `acme-${++serial}`;
    return made(server, '/organizations', { name, enabled_connections, ...more });
  }

  async function aMember(organization: Organization): Promise<Person> {
    const person = await createUser(server);
    await made(server, `/organizations/${organization.id}/members`, { members: [person.userId] });
    return person;
  }

  function inviteTo(organization: Organization, client: ApiClient, more: object = {}) {
    return made(server, `/organizations/${organization.id}/invitations`, {
      inviter: { name: 'Ina Viter' },
      invitee: { email: aPerson().email },
      client_id: client.id,
      send_invitation_email: false,
      ...more,
    });
  }

  function authorize(client: ApiClient, params: Record<string, string> = {}): string {
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

  const exchange = (client: ApiClient, back: URL) =>
    token({
      grant_type: 'authorization_code',
      client_id: client.id,
      client_secret: client.secret,
      code: back.searchParams.get('code') ?? '',
      redirect_uri: CALLBACK,
    });
  const refresh = (client: ApiClient, refreshToken: string) =>
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
    registerClient: (more: object = {}) =>
      registerClient(server, {
        name: 'Meadow',
        app_type: 'regular_web',
        callbacks: [CALLBACK],
        initiate_login_uri: 'https://app.example.test/login',
        organization_usage: 'allow',
        ...more,
      }),
    anOrganization,
    createUser: (more: object = {}) => createUser(server, more),
    aMember,
    inviteTo,
    authorize,
    token,
    exchange,
    refresh,
    logsIn,
  };
}

/** Registers an application, and lets it use the default connection. */
export async function registerClient(server: TestServer, settings: object): Promise<ApiClient> {
  const { client_id, client_secret } = await made(server, '/clients', {
    oidc_conformant: true,
    ...settings,
  });
  const path = `/api/v2/connections/${await defaultConnectionId(server)}/clients`;
  const enabled = await server.api('PATCH', path, [{ client_id, status: true }]);
  if (enabled.status !== 204) throw new Error(`Not enabled: ${enabled.status} ${enabled.text}`);
  return { id: client_id, secret: client_secret };
}

/** Creates a user with a password and a verified address. */
export async function createUser(server: TestServer, more: object = {}): Promise<Person> {
  const person = { email: aPerson().email, password: aPassword(), ...more };
  const { user_id } = await made(server, '/users', {
    connection: DEFAULT_CONNECTION,
    email_verified: true,
    ...person,
  });
  return { ...person, userId: user_id };
}

/** Returns the body of a created object. */
// biome-ignore lint/suspicious/noExplicitAny: as above
export async function made(server: TestServer, path: string, body: unknown): Promise<any> {
  const answer = await server.api('POST', `/api/v2${path}`, body);
  if (answer.status >= 300) throw new Error(`POST ${path}: ${answer.status} ${answer.text}`);
  return answer.body;
}
