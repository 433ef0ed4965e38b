import { expect, test } from 'vitest';
import { defaultConnectionId } from '../harness/application.ts';
import { atOnce } from '../harness/factories.ts';
import { type ApiAnswer, DEFAULT_CONNECTION, startServer } from '../harness/harness.ts';
import { finishedJob, type ImportJob, uploadUsers } from '../harness/imports.ts';

const CALLERS = 32;
const CALLS = 8;
const PEOPLE = ['ada', 'bea', 'cleo', 'dora'];

type Answer = ApiAnswer<unknown>;

test('many simultaneous changes of users never cause a server error', {
  timeout: 200_000,
}, async () => {
  const server = await startServer({ databasePoolSize: 16 });
  const connectionId = await defaultConnectionId(server);
  const made = async (path: string, body: unknown) =>
    (await server.api<Record<string, string>>('POST', `/api/v2${path}`, body)).body;
  const roles = [await made('/roles', { name: 'one' }), await made('/roles', { name: 'two' })];
  const roleIds = roles.map((role) => role.id);
  const organization = await made('/organizations', { name: 'meadow' });
  const client = await made('/clients', {
    name: 'Meadow',
    organization_usage: 'allow',
    initiate_login_uri: 'https://meadow.example.test/login',
  });
  const jobs: string[] = [];
  const noted = async (asked: Promise<ApiAnswer<ImportJob>>): Promise<Answer> => {
    const answer = await asked;
    if (answer.status === 202) jobs.push(answer.body.id);
    return answer;
  };
  const emailOf = (name: string) => `${name}@example.test`;
  const idOf = (name: string) => `auth0|${name}`;
  const path = (name: string) => `/users/${encodeURIComponent(idOf(name))}`;
  const call = (method: string, where: string, body?: unknown): Promise<Answer> =>
    server.api(method, `/api/v2${where}`, body);
  const create = (name: string) =>
    call('POST', '/users', {
      connection: DEFAULT_CONNECTION,
      user_id: name,
      email: emailOf(name),
      password: 'Tulip-88-Canal7x',
    });
  const importAll = () => {
    const rows = PEOPLE.map((name) => ({ user_id: name, email: emailOf(name) }));
    return noted(uploadUsers(server, connectionId, rows, { upsert: 'true' }));
  };
  const calls: ((name: string, other: string) => Promise<Answer>)[] = [
    create,
    importAll,
    (name) => call('POST', '/tickets/password-change', { user_id: idOf(name) }),
    (name) => call('PATCH', path(name), { app_metadata: { tea: true }, blocked: false }),
    (name) => call('PATCH', path(name), { email: emailOf(`${name}-2`), verify_email: true }),
    (name) => call('DELETE', path(name)),
    create,
    (name) => call('POST', `${path(name)}/roles`, { roles: roleIds }),
    (_, other) =>
      call('POST', `/roles/${roleIds[0]}/users`, {
        users: PEOPLE.map(idOf).slice(0, other.length),
      }),
    (name) => call('DELETE', `${path(name)}/roles`, { roles: roleIds }),
    (name) =>
      call('POST', `/organizations/${organization.id}/invitations`, {
        inviter: { name: 'Ada' },
        invitee: { email: emailOf(name) },
        client_id: client.client_id,
        roles: roleIds,
      }),
    (name) => call('POST', `/organizations/${organization.id}/members`, { members: [idOf(name)] }),
    (name, other) =>
      call('POST', `${path(name)}/identities`, { provider: 'auth0', user_id: other }),
    (name, other) => call('DELETE', `${path(name)}/identities/auth0/${other}`),
    importAll,
    () =>
      noted(
        server.api('POST', '/api/v2/jobs/password-change-tickets', { connection_id: connectionId }),
      ),
    (name) => call('POST', '/guardian/enrollments/ticket', { user_id: idOf(name) }),
    (name) => call('POST', '/jobs/verification-email', { user_id: idOf(name) }),
  ];
  const failed: string[] = [];
  let done = 0;
  await atOnce(CALLERS, async (caller) => {
    for (let turn = 0; turn < CALLS; turn++) {
      const which = (caller * 5 + turn * 7) % calls.length;
      const name = PEOPLE[(caller + turn) % PEOPLE.length] ?? '';
      const other = PEOPLE[(caller + 3 * turn + 1) % PEOPLE.length] ?? '';
      const answer = await calls[which]?.(name, other);
      done++;
      if (!answer || answer.status >= 500) failed.push(`${which}: ${answer?.text}`);
    }
  });
  expect(failed).toEqual([]);
  expect(done).toBe(CALLERS * CALLS);
  for (const id of jobs) expect((await finishedJob(server, id)).status).toBe('completed');
});
