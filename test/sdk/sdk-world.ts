import { readFileSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { Page } from 'playwright-core';
import { defaultConnectionId } from '../harness/application.ts';
import { trustedCertificate } from '../harness/certificate.ts';
import { aPassword, aPerson } from '../harness/factories.ts';
import { freePort } from '../harness/free-port.ts';
import { DEFAULT_CONNECTION, startServer, type TestServer } from '../harness/harness.ts';

export type Certificate = Awaited<ReturnType<typeof trustedCertificate>>;
export type SomeUser = { email: string; password: string; userId: string };

/** Usher under https, as official SDKs require. Remove the certificate at the end. */
export async function startTlsServer(
  settings: Parameters<typeof startServer>[0] = {},
): Promise<{ server: TestServer; certificate: Certificate }> {
  const certificate = await trustedCertificate();
  return { server: await startServer({ tls: certificate, ...settings }), certificate };
}

/** Registers an application at the server and lets it use the default connection. */
export async function registerClient(
  server: TestServer,
  settings: Record<string, unknown>,
): Promise<{ clientId: string; clientSecret: string }> {
  const created = await server.api<{ client_id: string; client_secret: string }>(
    'POST',
    '/api/v2/clients',
    { oidc_conformant: true, ...settings },
  );
  if (created.status !== 201) throw new Error(`No client: ${created.status} ${created.text}`);
  const { client_id: clientId, client_secret: clientSecret } = created.body;
  const connectionId = await defaultConnectionId(server);
  const enabled = await server.api('PATCH', `/api/v2/connections/${connectionId}/clients`, [
    { client_id: clientId, status: true },
  ]);
  if (enabled.status !== 204) throw new Error(`Not enabled: ${enabled.status} ${enabled.text}`);
  return { clientId, clientSecret };
}

/** Returns a user with a password and a verified address. */
export async function someUser(
  server: TestServer,
  more: Record<string, unknown> = {},
): Promise<SomeUser> {
  const { email } = aPerson();
  const password = aPassword();
  const made = await server.api<{ user_id: string }>('POST', '/api/v2/users', {
    connection: DEFAULT_CONNECTION,
    email,
    password,
    email_verified: true,
    ...more,
  });
  if (made.status !== 201) throw new Error(`No user: ${made.status} ${made.text}`);
  return { email, password, userId: made.body.user_id };
}

/** Another application on https://localhost, of the same certificate. Its address is known before it is made. */
export async function serveApplication(
  certificate: Certificate,
  make: (baseUrl: string) => RequestListener | Promise<RequestListener>,
): Promise<{ url: string; close(): Promise<void> }> {
  const port = await freePort();
  const url = `https://localhost:${port}`;
  const server: Server = createServer(
    { cert: readFileSync(certificate.certFile), key: readFileSync(certificate.keyFile) },
    await make(url),
  );
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    url,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Fills in the current hosted login page. */
export async function logsIn(page: Page, user: SomeUser): Promise<void> {
  await page.getByLabel('Email address', { exact: true }).fill(user.email);
  await page.getByLabel('Password', { exact: true }).fill(user.password);
  await page.getByRole('button', { name: 'Log in', exact: true }).click();
}
