import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Database, openDatabase, transaction } from '../../src/platform/db/db.ts';
import { defaultConnectionId } from '../harness/application.ts';
import { aPerson } from '../harness/factories.ts';
import {
  type ApiAnswer,
  DEFAULT_CONNECTION,
  eventually,
  startServer,
  type TestServer,
} from '../harness/harness.ts';
import { finishedJob } from '../harness/imports.ts';

let server: TestServer;
let database: Database;
let connectionId: string;
beforeAll(async () => {
  server = await startServer();
  database = await openDatabase({ url: server.config.databaseUrl, dataDir: '' });
  connectionId = await defaultConnectionId(server);
});
afterAll(() => database.close());

const NO_USER = { statusCode: 404, message: 'The user does not exist.' };

async function made(path: string, body: unknown): Promise<Record<string, string>> {
  const answer = await server.api<Record<string, string>>('POST', `/api/v2${path}`, body);
  if (answer.status !== 201 && answer.status !== 200) throw new Error(answer.text);
  return answer.body;
}

async function aUser(): Promise<string> {
  const { user_id: id } = await made('/users', {
    connection: DEFAULT_CONNECTION,
    email: aPerson().email,
    password: 'Tulip-88-Canal7x',
    verify_email: false,
  });
  return id ?? '';
}

/** Sends the request during the deletion of a row, so that it still finds the row. The deletion ends when the request waits for it. */
async function whileDeleting<T>(
  table: 'users' | 'organizations' | 'clients' | 'roles',
  id: string,
  request: () => Promise<T>,
): Promise<T> {
  let answer: Promise<T> | undefined;
  await transaction(database.db, async (tx) => {
    const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(tx);
    await sql`delete from ${sql.table(table)} where id = ${id}`.execute(tx);
    answer = request();
    const isOver = answer.then(
      () => true,
      () => true,
    );
    await eventually(
      async () => {
        const waiting = await sql`select 1 from pg_stat_activity
          where datname = current_database() and ${rows[0]?.pid}::int = any(pg_blocking_pids(pid))`.execute(
          database.db,
        );
        return waiting.rows.length > 0 || (await Promise.race([isOver, false])) ? true : undefined;
      },
      { what: `a request that waits for ${table}` },
    );
  });
  if (!answer) throw new Error('Nothing was sent.');
  return answer;
}

const post = (path: string, body: unknown) => () =>
  server.api<Record<string, unknown>>('POST', `/api/v2${path}`, body);

type Call = (id: string) => () => Promise<ApiAnswer<Record<string, unknown>>>;
const OF_A_USER: Record<string, Call> = {
  'a link to set a password': (id) => post('/tickets/password-change', { user_id: id }),
  'a link to verify an e-mail': (id) => post('/tickets/email-verification', { user_id: id }),
  'a mail to verify an e-mail': (id) => post('/jobs/verification-email', { user_id: id }),
  'a link to enrol a factor': (id) => post('/guardian/enrollments/ticket', { user_id: id }),
  'a factor': (id) =>
    post(`/users/${encodeURIComponent(id)}/authentication-methods`, {
      type: 'email',
      name: 'mail',
      email: 'somebody@example.test',
    }),
};

test.each(
  Object.entries(OF_A_USER),
)('%s is not created for a user who is deleted meanwhile', async (_, call) => {
  const id = await aUser();
  const answer = await whileDeleting('users', id, call(id));
  expect(answer.body).toMatchObject(NO_USER);
});

test('a recovery code is not created for a user who is deleted meanwhile', async () => {
  const id = await aUser();
  const path = `/users/${encodeURIComponent(id)}`;
  await made(`${path}/authentication-methods`, {
    type: 'email',
    name: 'mail',
    email: 'somebody@example.test',
  });
  const answer = await whileDeleting('users', id, post(`${path}/recovery-code-regeneration`, {}));
  expect(answer.body).toMatchObject(NO_USER);
});

test('a job creates links only for users who still exist', async () => {
  const [stays, goes] = [await aUser(), await aUser()];
  const { body } = await whileDeleting(
    'users',
    goes,
    post('/jobs/password-change-tickets', {
      recipients: [{ user_id: goes }, { user_id: stays }],
      connection_id: connectionId,
    }),
  );
  const job = await finishedJob(server, String(body.id));
  expect(job.status).toBe('completed');
  const links = await server.api('GET', `/api/v2/jobs/${job.id}/tickets`);
  expect(links.text.trim().split('\n')).toEqual([expect.stringContaining(stays)]);
  const { body: errors } = await server.api('GET', `/api/v2/jobs/${job.id}/errors`);
  expect(errors).toMatchObject([{ errors: [{ code: 'USER_NOT_FOUND' }] }]);
});

test('an organization or application that is deleted meanwhile invites nobody', async () => {
  const client = await made('/clients', {
    name: 'Meadow',
    organization_usage: 'allow',
    initiate_login_uri: 'https://meadow.example.test/login',
  });
  const invite = (organizationId: string) =>
    post(`/organizations/${organizationId}/invitations`, {
      inviter: { name: 'Ada' },
      invitee: { email: 'somebody@example.test' },
      client_id: client.client_id,
    });
  const [first, second] = [
    await made('/organizations', { name: 'first' }),
    await made('/organizations', { name: 'second' }),
  ];
  const id = String(first.id);
  const gone = await whileDeleting('organizations', id, invite(id));
  expect(gone.body).toMatchObject({
    statusCode: 404,
    message: 'No organization found by that id.',
  });
  const clientId = String(client.client_id);
  const withoutClient = await whileDeleting('clients', clientId, invite(String(second.id)));
  expect(withoutClient.body).toMatchObject({
    statusCode: 404,
    errorCode: 'inexistent_client',
  });
});
