import { beforeAll, expect, test } from 'vitest';
import { importUsersHandlers } from '../../src/flows/import-users/import-users.ts';
import { sendInvitationsHandlers } from '../../src/flows/send-invitations/send-invitations.ts';
import { type ApiClient, openWorld, type World } from '../harness/world.ts';
import { ended, upload } from '../imports/import-jobs.ts';

let world: World;
let client: ApiClient;

beforeAll(async () => {
  // Nothing happens in the background before a test lets it happen.
  world = await openWorld({ role: 'web' });
  client = await world.registerClient();
});

async function plan() {
  const { id } = await world.anOrganization();
  return { client_id: client.id, organization_id: id, existing_users: 'grant' };
}

const deleteOrganization = ({ organization_id: id }: { organization_id: string }) =>
  world.server.api('DELETE', `/api/v2/organizations/${id}`);

async function work(handlers: ReturnType<typeof importUsersHandlers>, data: object) {
  for (const { handler } of handlers) await handler(data, new AbortController().signal);
}

test('an import whose organization is deleted meanwhile imports its users, and invites nobody', async () => {
  const known = await world.createUser();
  const wanted = await plan();
  const people = [{ email: known.email, email_verified: true }, { email: 'new@late.test' }];
  const fields = { upsert: 'true', send_invitations: JSON.stringify(wanted) };
  const { body: job } = await upload(world.server, people, fields);
  await deleteOrganization(wanted);
  const deps = { ...world.server.app.deps, lanes: 1 };
  await work(importUsersHandlers(deps), { jobId: job.id, lane: 0 });
  expect(await ended(world.server, job.id, 1)).toMatchObject({
    status: 'completed',
    summary: { inserted: 1, total: 2 },
    invitations: { invited: 0 },
  });
});

test('a job that invites to an organization that is deleted meanwhile ends, and refuses its people', async () => {
  const known = await world.createUser();
  const wanted = await plan();
  const others = Array.from({ length: 1000 }, (_, index) => `p${index}@later.test`);
  const { body: job } = await world.server.api<{ id: string }>('POST', '/api/v2/invitations', {
    ...wanted,
    recipients: [known.email, ...others],
  });
  await deleteOrganization(wanted);
  await work(sendInvitationsHandlers(world.server.app.deps), { jobId: job.id });
  expect(await ended(world.server, job.id, 1)).toMatchObject({
    status: 'completed',
    rows_refused: 1001,
    invitations: { invited: 0 },
  });
  const { body: refused } = await world.server.api<{ errors: { code: string }[] }[]>(
    'GET',
    `/api/v2/jobs/${job.id}/errors`,
  );
  expect(refused[0]?.errors[0]?.code).toBe('ORGANIZATION_DELETED');
});
