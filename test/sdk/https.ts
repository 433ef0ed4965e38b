import { readFileSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { Page } from 'playwright-core';
import { trustedCertificate } from '../harness/certificate.ts';
import { freePort } from '../harness/free-port.ts';
import { startServer, type TestServer } from '../harness/harness.ts';
import type { Person } from '../harness/registered.ts';

export type Certificate = Awaited<ReturnType<typeof trustedCertificate>>;

/** Usher under https, as official SDKs require. Remove the certificate at the end. */
export async function startTlsServer(
  settings: Parameters<typeof startServer>[0] = {},
): Promise<{ server: TestServer; certificate: Certificate }> {
  const certificate = await trustedCertificate();
  return { server: await startServer({ tls: certificate, ...settings }), certificate };
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
export async function logsIn(page: Page, user: Person): Promise<void> {
  await page.getByLabel('Email address', { exact: true }).fill(user.email);
  await page.getByLabel('Password', { exact: true }).fill(user.password);
  await page.getByRole('button', { name: 'Log in', exact: true }).click();
}
