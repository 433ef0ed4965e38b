import { startExampleApp } from '../../examples/app/app.ts';
import { freePort } from './free-port.ts';
import { DEFAULT_CONNECTION, type TestServer } from './harness.ts';

export type ExampleApplication = {
  url: string;
  clientId: string;
  /** The connection of its users. */
  connectionId: string;
  close(): Promise<void>;
};

/** The id of the connection that every server has. */
export async function defaultConnectionId(server: TestServer): Promise<string> {
  const { body } = await server.api<{ id: string }[]>(
    'GET',
    `/api/v2/connections?name=${DEFAULT_CONNECTION}`,
  );
  const id = body[0]?.id;
  if (id === undefined) throw new Error(`There is no ${DEFAULT_CONNECTION}.`);
  return id;
}

/** Registers the example application at the server, as a customer would, and starts it. */
export async function startRegisteredApp(server: TestServer): Promise<ExampleApplication> {
  const port = await freePort();
  const baseUrl = `http://localhost:${port}`;
  const connectionId = await defaultConnectionId(server);
  const created = await server.api<{ client_id: string; client_secret: string }>(
    'POST',
    '/api/v2/clients',
    {
      name: 'Meadow',
      app_type: 'regular_web',
      oidc_conformant: true,
      callbacks: [`${baseUrl}/callback`],
      allowed_logout_urls: [`${baseUrl}/`],
      initiate_login_uri: `${baseUrl}/login`,
    },
  );
  if (created.status !== 201) throw new Error(`No client: ${created.status} ${created.text}`);
  const { client_id: clientId, client_secret: clientSecret } = created.body;
  const enabled = await server.api('PATCH', `/api/v2/connections/${connectionId}/clients`, [
    { client_id: clientId, status: true },
  ]);
  if (enabled.status !== 204) throw new Error(`Not enabled: ${enabled.status} ${enabled.text}`);
  const app = await startExampleApp({
    issuer: `${server.url}/`,
    clientId,
    clientSecret,
    port,
    baseUrl,
  });
  return { url: app.url, clientId, connectionId, close: app.close };
}
