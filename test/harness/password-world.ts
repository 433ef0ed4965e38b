import type { Config } from '../../src/config/config.ts';
import { DEFAULT_CONNECTION } from './harness.ts';
import type { ApiClient } from './registered.ts';
import { openWorld, type World } from './world.ts';

export type PasswordWorld = World & {
  /** May use every grant. */
  client: ApiClient;
  /** The password grant, from an address of one's choice. */
  login(
    username: string,
    password: string,
    more?: { ip?: string; scope?: string; realm?: string; headers?: Record<string, string> },
  ): Promise<{ status: number; body: Record<string, string>; headers: Headers }>;
};

/** Opens a world behind a proxy, with an application that logs users in by their passwords. */
export async function openPasswordWorld(overrides: Partial<Config> = {}): Promise<PasswordWorld> {
  const world = await openWorld({ trustProxy: ['loopback'], ...overrides });
  const client = await world.registerClient({
    initiate_login_uri: undefined,
    organization_usage: undefined,
    grant_types: [
      'authorization_code',
      'refresh_token',
      'client_credentials',
      'password',
      'http://auth0.com/oauth/grant-type/password-realm',
    ],
    token_endpoint_auth_method: 'client_secret_post',
    refresh_token: { rotation_type: 'rotating', expiration_type: 'expiring' },
  });
  return {
    ...world,
    client,
    async login(username, password, more = {}) {
      const answer = await fetch(`${world.server.url}/oauth/token`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'x-forwarded-for': more.ip ?? '192.0.2.1',
          ...more.headers,
        },
        body: JSON.stringify({
          grant_type: 'http://auth0.com/oauth/grant-type/password-realm',
          realm: more.realm ?? DEFAULT_CONNECTION,
          client_id: client.id,
          client_secret: client.secret,
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
  };
}
