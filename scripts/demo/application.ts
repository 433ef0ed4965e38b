import { startExampleApp } from '../../examples/app/app.ts';
import type { Api } from '../../src/cli/api.ts';
import { findConnectionId } from '../../src/cli/import-command.ts';

export type Application = { url: string; clientId: string; close(): Promise<void> };

/** Registers the example application through the management API, enables the default connection for it, and starts it. */
export async function startApplication(api: Api, port: number): Promise<Application> {
  const url = `http://localhost:${port}`;
  const client = await api.send<{ client_id: string; client_secret: string }>(
    'POST',
    '/api/v2/clients',
    {
      name: 'Meadow',
      app_type: 'regular_web',
      callbacks: [`${url}/callback`],
      allowed_logout_urls: [url, `${url}/`],
      initiate_login_uri: `${url}/login`,
      token_endpoint_auth_method: 'client_secret_post',
      grant_types: ['authorization_code', 'refresh_token'],
      oidc_conformant: true,
    },
  );
  const connection = await findConnectionId(api, 'Username-Password-Authentication');
  await api.send('PATCH', `/api/v2/connections/${connection}/clients`, [
    { client_id: client.client_id, status: true },
  ]);
  const app = await startExampleApp({
    issuer: `${api.url}/`,
    clientId: client.client_id,
    clientSecret: client.client_secret,
    port,
    baseUrl: url,
  });
  return { url: app.url, clientId: client.client_id, close: app.close };
}
