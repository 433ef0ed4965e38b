import { Readable } from 'node:stream';
import { defaultConnectionId } from '../harness/application.ts';
import { eventually, type TestServer } from '../harness/harness.ts';

export type WireJob = {
  id: string;
  status: string;
  status_details?: string;
  dry_run?: boolean;
  summary?: { failed: number; updated: number; inserted: number; total: number };
  invitations?: { invited: number; already_invited: number; mails: Record<string, number> };
  percentage_done?: number;
  rows_total?: number;
  rows_unchanged?: number;
  ignored_columns?: string[];
  recognized_export?: string;
  recognized_columns?: { column: string; field: string }[];
};

export type RefusedRow = {
  row_number: number;
  user: Record<string, unknown>;
  errors: { code: string; message: string; path?: string }[];
};

/** Uploads a file from memory. */
export async function upload(
  server: TestServer,
  file: string | Buffer | object[],
  fields: Record<string, string> = {},
) {
  const text = Array.isArray(file) ? JSON.stringify(file) : file;
  const form = new FormData();
  form.set('connection_id', await defaultConnectionId(server));
  for (const [name, value] of Object.entries(fields)) form.set(name, value);
  form.set(
    'users',
    new Blob([typeof text === 'string' ? text : new Uint8Array(text)]),
    'users.json',
  );
  return server.api<WireJob & { message?: string; errorCode?: string; statusCode?: number }>(
    'POST',
    '/api/v2/jobs/users-imports',
    form,
  );
}

/** Uploads a file of any length with upsert: multipart written by hand around a stream. */
export async function uploadStream(server: TestServer, file: AsyncIterable<Buffer>) {
  const boundary = 'a-boundary-that-is-not-in-the-file';
  const connectionId = await defaultConnectionId(server);
  async function* body() {
    yield Buffer.from(
      `--${boundary}\r\ncontent-disposition: form-data; name="connection_id"\r\n\r\n${connectionId}\r\n` +
        `--${boundary}\r\ncontent-disposition: form-data; name="upsert"\r\n\r\ntrue\r\n` +
        `--${boundary}\r\ncontent-disposition: form-data; name="users"; filename="users.json"\r\n` +
        'content-type: application/json\r\n\r\n',
    );
    yield* file;
    yield Buffer.from(`\r\n--${boundary}--\r\n`);
  }
  const response = await fetch(`${server.url}/api/v2/jobs/users-imports`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${await server.token()}`,
      'content-type': `multipart/form-data; boundary=${boundary}`,
    },
    body: Readable.toWeb(Readable.from(body())) as ReadableStream,
    duplex: 'half',
  } as RequestInit);
  return { status: response.status, body: (await response.json()) as WireJob };
}

/** Waits until the job has ended and returns it. */
export function ended(server: TestServer, jobId: string, seconds = 60): Promise<WireJob> {
  return eventually(
    async () => {
      const { body } = await server.api<WireJob>('GET', `/api/v2/jobs/${jobId}`);
      return body.status === 'completed' || body.status === 'failed' ? body : undefined;
    },
    { seconds, what: `the end of ${jobId}` },
  );
}

/** The file of an export, as it is downloaded: gzipped. */
export async function exportedFile(
  server: TestServer,
  asked: object,
  options: { token?: string } = {},
): Promise<{ id: string; file: Buffer }> {
  const { status, body } = await server.api<{ id: string; message?: string }>(
    'POST',
    '/api/v2/jobs/users-exports',
    asked,
    options,
  );
  if (status !== 200) throw new Error(`No export: ${body.message}`);
  const { id } = body;
  const location = await eventually(async () => {
    const { body: now } = await server.api<{ location?: string }>('GET', `/api/v2/jobs/${id}`);
    return now.location;
  });
  return { id, file: Buffer.from(await (await fetch(location)).arrayBuffer()) };
}

export async function refusedRows(server: TestServer, jobId: string): Promise<RefusedRow[]> {
  const { status, body } = await server.api<RefusedRow[]>('GET', `/api/v2/jobs/${jobId}/errors`);
  return status === 204 || !Array.isArray(body) ? [] : body;
}

/** Returns the number of users with an e-mail like this. */
export async function countPeople(server: TestServer, pattern: string): Promise<number> {
  const { rows } = await server.app.database.execute(
    'select count(*)::int as n from users where email like $1',
    [pattern],
  );
  return Number(rows[0]?.n);
}
