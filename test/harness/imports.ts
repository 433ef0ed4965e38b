import type { PersonRow } from './factories.ts';
import { eventually, type TestServer } from './harness.ts';

export type ImportJob = {
  id: string;
  status: string;
  status_details?: string;
  summary?: { total: number; inserted: number; updated: number; failed: number };
};

/** Uploads these users like a client. Returns the server's answer at once. */
export async function uploadUsers(
  server: TestServer,
  connectionId: string,
  rows: readonly PersonRow[],
  fields: Readonly<Record<string, string>> = {},
) {
  const form = new FormData();
  form.set('connection_id', connectionId);
  for (const [name, value] of Object.entries(fields)) form.set(name, value);
  form.set('users', new Blob([JSON.stringify(rows)], { type: 'application/json' }), 'users.json');
  return server.api<ImportJob>('POST', '/api/v2/jobs/users-imports', form);
}

/** Polls the job until it has ended. */
export async function finishedJob(server: TestServer, id: string): Promise<ImportJob> {
  return eventually(
    async () => {
      const { body } = await server.api<ImportJob>('GET', `/api/v2/jobs/${id}`);
      return body.status === 'completed' || body.status === 'failed' ? body : undefined;
    },
    { what: `job ${id} to end` },
  );
}
