import { beforeAll, describe, expect, test } from 'vitest';
import { startServer, type TestServer } from '../harness/harness.ts';
import { defaultConnectionId, ended, upload } from './import-world.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});

describe('a file that is none', () => {
  test.each([
    ['text', 'sorry, no such report\n', 'sorry'],
    ['CSV whose header names the address otherwise', 'E-Mail,name\na@none.test,A\n', 'E-Mail'],
  ])('fails as a whole and says why: %s', async (_what, text, first) => {
    const { status, body } = await upload(server, text);
    expect(status).toBe(202);
    const job = await ended(server, body.id);
    expect(job.status).toBe('failed');
    expect(job.status_details).toBe(
      `The CSV header can't be used. No column is called "email"; the first one is "${first}". If the file is meant to be JSON, it must begin with [ or {.`,
    );
    const errors = await server.api('GET', `/api/v2/jobs/${job.id}/errors`);
    expect([errors.status, errors.body]).toEqual([200, job]);
  });
});

test('parameters in the address that nobody knows are no reason to refuse a file', async () => {
  const form = new FormData();
  form.set('connection_id', await defaultConnectionId(server));
  form.set('users', new Blob(['[{"email":"a@odd.test"}]']), 'users.json');
  const made = await server.api<{ id: string }>(
    'POST',
    '/api/v2/jobs/users-imports?test=value',
    form,
  );
  expect(made.status).toBe(202);
  expect((await ended(server, made.body.id)).summary?.inserted).toBe(1);
  const elsewhere = await server.api('GET', `/api/v2/jobs/${made.body.id}?test=value`);
  expect(elsewhere.status).toBe(400);
});
