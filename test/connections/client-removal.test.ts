import { beforeAll, expect, test } from 'vitest';
import { aPerson } from '../harness/factories.ts';
import { eventually, startServer, type TestServer } from '../harness/harness.ts';

let server: TestServer;

beforeAll(async () => {
  server = await startServer();
});

test('a deleted application takes its invitations along, and nobody can use it from that moment', async () => {
  const client = await server.api<{ client_id: string; client_secret: string }>(
    'POST',
    '/api/v2/clients',
    { name: 'Short-lived', app_type: 'regular_web' },
  );
  const id = client.body.client_id;
  const { body } = await server.api<{ id: string }[]>('GET', '/api/v2/connections');
  await server.api('PATCH', `/api/v2/connections/${body[0]?.id}/clients`, [
    { client_id: id, status: true },
  ]);
  const invited = await server.api('POST', '/api/v2/invitations', {
    recipients: Array.from({ length: 3 }, () => ({ email: aPerson().email })),
    client_id: id,
  });
  expect(invited.status).toBeLessThan(300);
  const states = async () =>
    (
      await server.app.database.execute(
        `select i.state, count(*)::int as n from invitations i join campaigns c on c.id = i.campaign_id
         where c.client_id = $1 group by i.state`,
        [id],
      )
    ).rows;
  expect(await states()).toEqual([{ state: 'pending', n: 3 }]);

  expect((await server.api('DELETE', `/api/v2/clients/${id}`)).status).toBe(204);
  expect((await server.api('GET', `/api/v2/clients/${id}`)).status).toBe(404);
  expect((await server.api('DELETE', `/api/v2/clients/${id}`)).status).toBe(204);
  const token = await fetch(`${server.url}/oauth/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      grant_type: 'client_credentials',
      client_id: id,
      client_secret: client.body.client_secret,
      audience: `${server.url}/api/v2/`,
    }),
  });
  expect(token.status).toBe(401);
  await eventually(async () => {
    const { rows } = await server.app.database.execute(
      'select count(*)::int as n from clients where id = $1',
      [id],
    );
    return rows[0]?.n === 0 ? true : undefined;
  });
  expect(await states()).toEqual([{ state: 'revoked', n: 3 }]);
});
