import { decodeJwt } from 'jose';
import { beforeAll, expect, test } from 'vitest';
import { startServer, type TestServer } from '../harness/harness.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});

const AUDIENCE = 'urn:orders';

async function made<T>(path: string, body: object): Promise<T> {
  const answer = await server.api<T>('POST', `/api/v2${path}`, body);
  expect(answer.status, answer.text).toBeLessThan(300);
  return answer.body;
}

test('an application without a named organization gets tokens of its default organization', async () => {
  const { id } = await made<{ id: string }>('/organizations', { name: 'by-default' });
  const other = await made<{ id: string }>('/organizations', { name: 'by-name' });
  await made('/resource-servers', { identifier: AUDIENCE });
  const client = await made<{ client_id: string; client_secret: string }>('/clients', {
    name: 'robot',
    app_type: 'non_interactive',
    default_organization: { organization_id: id, flows: ['client_credentials'] },
  });
  const { client_id, client_secret } = client;
  const grant = await made<{ id: string }>('/client-grants', { client_id, audience: AUDIENCE });
  const organizationIn = async (organization?: string) => {
    const answer = await fetch(`${server.url}/oauth/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        grant_type: 'client_credentials',
        client_id,
        client_secret,
        audience: AUDIENCE,
        ...(organization !== undefined && { organization }),
      }),
    });
    const { access_token } = (await answer.json()) as { access_token: string };
    return decodeJwt(access_token).org_id;
  };
  // The grant must allow it.
  expect(await organizationIn()).toBeUndefined();
  await server.api('DELETE', `/api/v2/client-grants/${grant.id}`);
  await made('/client-grants', {
    client_id,
    audience: AUDIENCE,
    organization_usage: 'allow',
    allow_any_organization: true,
  });
  await expect.poll(() => organizationIn().catch(() => ''), { timeout: 20_000 }).toBe(id);
  expect(await organizationIn(other.id)).toBe(other.id);
  // Refreshed tokens have no organization.
  await server.api('DELETE', `/api/v2/organizations/${id}`);
  await server.api('DELETE', `/api/v2/organizations/${other.id}`);
  await expect
    .poll(() => organizationIn().catch((error: Error) => error.message), { timeout: 20_000 })
    .toBeUndefined();
});
