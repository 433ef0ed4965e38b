import { beforeAll, expect, test } from 'vitest';
import { DEFAULT_CONNECTION, startServer, type TestServer } from '../harness/harness.ts';
import { ended, refusedRows, upload } from '../imports/import-jobs.ts';

// Otherwise a token with the scope to write users could make administrators of this server.
const escalation = { usher: { administrator: true } };
let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});

test('no write to app_metadata makes an administrator', async () => {
  const created = await server.api<{ user_id: string }>('POST', '/api/v2/users', {
    connection: DEFAULT_CONNECTION,
    email: 'plain@reserved.test',
  });
  const path = `/api/v2/users/${encodeURIComponent(created.body.user_id)}`;
  const refused = [
    await server.api('PATCH', path, { app_metadata: escalation }),
    await server.api('POST', '/api/v2/users', {
      connection: DEFAULT_CONNECTION,
      email: 'new@reserved.test',
      app_metadata: escalation,
    }),
    await server.api('POST', '/api/v2/invitations', {
      recipients: ['plain@reserved.test'],
      connection: DEFAULT_CONNECTION,
      app_metadata: escalation,
    }),
    await upload(server, [{ email: 'plain@reserved.test' }], {
      send_invitations: JSON.stringify({ app_metadata: escalation }),
    }),
  ];
  expect(refused.map((answer) => answer.status)).toEqual([400, 400, 400, 400]);

  const file = await upload(server, [{ email: 'row@reserved.test', app_metadata: escalation }]);
  await ended(server, file.body.id);
  expect((await refusedRows(server, file.body.id))[0]?.errors[0]?.path).toBe('app_metadata.usher');

  await server.api('POST', '/api/v2/invitations', {
    recipients: [{ email: 'plain@reserved.test', app_metadata: escalation }],
    connection: DEFAULT_CONNECTION,
  });
  const { rows } = await server.app.database.execute(
    "select (select count(*) from users where app_metadata ? 'usher')::int as users, (select count(*) from invitations)::int as invitations",
  );
  expect(rows[0]).toEqual({ users: 0, invitations: 0 });
});
