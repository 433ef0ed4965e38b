import { beforeAll, describe, expect, test } from 'vitest';
import { customDatabaseOf, findConnection } from '../../src/records/connections/connections.ts';
import { noteMigrationFailure } from '../../src/records/migrated-users/migrated-users.ts';
import { finishedJob, uploadUsers } from '../harness/imports.ts';
import { openPasswordWorld, type PasswordWorld } from '../harness/password-world.ts';
import { startLegacyServer } from './legacy-server.ts';

const OLD = 'Of-The-Old-System-1';

let world: PasswordWorld;
let legacy: Awaited<ReturnType<typeof startLegacyServer>>;

beforeAll(async () => {
  world = await openPasswordWorld();
  legacy = await startLegacyServer(
    ['ada', 'bob', 'cid', 'dan'].map((id) => ({ id, email: `${id}@old.test`, password: OLD })),
  );
  world.server.app.deps.directories.open = ({ options }) =>
    Object.keys(options.customScripts ?? {}).length === 0 ? legacy.directory : null;
  await world.aConnection({ enabledDatabaseCustomization: true, import_mode: true });
});

const api = (method: string, path: string, body?: object) =>
  world.server.api<Record<string, unknown>>(
    method,
    `/api/v2/connections/${world.connectionId}/migration${path}`,
    body,
  );

describe('the progress of a migration', () => {
  test('counts who has come and who remains, and lists who fails and who has not come', async () => {
    expect((await world.login('ada@old.test', OLD)).status).toBe(200);
    const row = { email: 'bob@old.test', user_id: 'bob' };
    const { body: job } = await uploadUsers(world.server, world.connectionId, [row]);
    await finishedJob(world.server, job.id);
    await noteMigrationFailure(world.db, {
      connectionId: world.connectionId,
      identifier: 'cid@old.test',
      reason: 'invalid-profile',
      problem: 'The profile has no user_id.',
      at: world.clock.now(),
    });
    const { status, body } = await api('GET', '');
    expect(status).toBe(200);
    expect(body).toMatchObject({
      is_importing: true,
      migrated: 1,
      imported: 1,
      directory_users: 4,
      remaining: 2,
      rate: { last_hour: 1, last_day: 1, last_week: 1 },
      done_at: expect.stringMatching(/^20\d\d-/),
      failing: {
        total: 1,
        accounts: [{ identifier: 'cid@old.test', reason: 'invalid-profile', times: 1 }],
      },
      not_come_yet: { total: 1, users: [{ user_id: 'auth0|bob', email: 'bob@old.test' }] },
      directory: { state: 'closed' },
    });
  });

  test('a migration is finished only after an import that has brought everybody', async () => {
    const rows = [{ email: 'dan@old.test', user_id: 'dan' }, { email: 'no address' }];
    const { body: job } = await uploadUsers(world.server, world.connectionId, rows);
    await finishedJob(world.server, job.id);
    const refused = await api('POST', '/finish', { import_job_id: job.id });
    expect(refused.status).toBe(409);
    expect(refused.body.message).toBe(`The import ${job.id} has refused 1 rows.`);
    expect((await api('POST', '/finish', { import_job_id: 'job_0000000000000000' })).status).toBe(
      409,
    );
  });

  test('a finished migration asks nobody, keeps import mode, and can be finished again', async () => {
    expect((await api('POST', '/finish', {})).status).toBe(200);
    expect((await api('POST', '/finish', {})).status).toBe(200);
    const connection = await findConnection(world.db, world.connectionId);
    expect(connection && customDatabaseOf(connection)).toMatchObject({
      isImporting: true,
      scripts: {
        login: 'function login(identifier, password, callback) { return callback(); }',
        get_user: 'function getByEmail(email, callback) { return callback(); }',
      },
      directory: null,
    });
    legacy.asked.length = 0;
    expect((await world.login('cid@old.test', OLD)).status).toBe(403);
    expect((await world.login('ada@old.test', OLD)).status).toBe(200);
    expect(legacy.asked).toEqual([]);
  });
});
