import type { Config } from '../../src/config/config.ts';
import { aPassword, aPerson } from '../harness/factories.ts';
import { DEFAULT_CONNECTION, startServer, type TestServer } from '../harness/harness.ts';

export const CALLBACK = 'https://app.example.test/callback';

export type LogWire = Record<string, unknown> & {
  log_id: string;
  type: string;
  date: string;
  details?: { request?: Record<string, unknown>; response?: Record<string, unknown> };
};

/** A server with an application that may do everything, and users. */
export async function startWorld(overrides: Partial<Config> = {}) {
  const server: TestServer = await startServer({ trustProxy: ['loopback'], ...overrides });
  const { body: stores } = await server.api<{ id: string }[]>(
    'GET',
    `/api/v2/connections?name=${DEFAULT_CONNECTION}`,
  );
  const connectionId = stores[0]?.id ?? '';
  const { body: client } = await server.api<{ client_id: string; client_secret: string }>(
    'POST',
    '/api/v2/clients',
    {
      name: 'Meadow',
      app_type: 'regular_web',
      oidc_conformant: true,
      callbacks: [CALLBACK],
      grant_types: [
        'authorization_code',
        'refresh_token',
        'client_credentials',
        'password',
        'http://auth0.com/oauth/grant-type/password-realm',
      ],
      token_endpoint_auth_method: 'client_secret_post',
      refresh_token: { rotation_type: 'rotating', expiration_type: 'expiring' },
    },
  );
  await server.api('PATCH', `/api/v2/connections/${connectionId}/clients`, [
    { client_id: client.client_id, status: true },
  ]);

  const world = {
    server,
    client,
    connectionId,
    async person(): Promise<{ id: string; email: string; password: string }> {
      const { email } = aPerson();
      const password = aPassword();
      const made = await server.api<{ user_id: string }>('POST', '/api/v2/users', {
        connection: DEFAULT_CONNECTION,
        email,
        password,
        email_verified: true,
      });
      if (made.status !== 201) throw new Error(made.text);
      return { id: made.body.user_id, email, password };
    },
    /** The password grant, from an address of one's choice. */
    async login(
      username: string,
      password: string,
      more: { ip?: string; scope?: string; realm?: string; headers?: Record<string, string> } = {},
    ): Promise<{ status: number; body: Record<string, string>; headers: Headers }> {
      const answer = await fetch(`${server.url}/oauth/token`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'x-forwarded-for': more.ip ?? '192.0.2.1',
          ...more.headers,
        },
        body: JSON.stringify({
          grant_type: 'http://auth0.com/oauth/grant-type/password-realm',
          realm: more.realm ?? DEFAULT_CONNECTION,
          client_id: client.client_id,
          client_secret: client.client_secret,
          username,
          password,
          scope: more.scope ?? 'openid',
        }),
      });
      return {
        status: answer.status,
        body: (await answer.json()) as Record<string, string>,
        headers: answer.headers,
      };
    },
    /** Returns the entries of the log after the waiting ones are written. */
    async logs(query: string): Promise<LogWire[]> {
      await server.app.flushLog();
      const answer = await server.api<LogWire[]>('GET', `/api/v2/logs?${query}`);
      if (answer.status !== 200) throw new Error(answer.text);
      return answer.body;
    },
  };
  return world;
}

export type LogWorld = Awaited<ReturnType<typeof startWorld>>;
