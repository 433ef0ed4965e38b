import { beforeAll, describe, expect, test } from 'vitest';
import { defaultConnectionId } from '../harness/application.ts';
import { aPassword, aPerson } from '../harness/factories.ts';
import { startServer, type TestServer } from '../harness/harness.ts';
import { finishedJob, uploadUsers } from '../harness/imports.ts';
import { plainBrowser } from '../harness/plain-browser.ts';
import { linkIn } from '../harness/smtp-sink.ts';

type Role = { id: string; name: string };

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});

let count = 0;
async function aRole(): Promise<Role> {
  const name = `Role ${++count}`;
  return (await server.api<Role>('POST', '/api/v2/roles', { name })).body;
}

async function accept(email: string): Promise<void> {
  const password = aPassword();
  const link = linkIn(await server.sink.waitForMail(email));
  await plainBrowser().submit(link, { password, repeat: password });
}

async function rolesOf(email: string): Promise<Role[]> {
  const found = await server.api<{ user_id: string }[]>(
    'GET',
    `/api/v2/users-by-email?email=${encodeURIComponent(email)}`,
  );
  const id = encodeURIComponent(found.body[0]?.user_id ?? '');
  return (await server.api<Role[]>('GET', `/api/v2/users/${id}/roles`)).body;
}

describe('the roles of an invitation', () => {
  test('are assigned on acceptance and not before, except for deleted ones', async () => {
    const [kept, gone] = [await aRole(), await aRole()];
    const { email } = aPerson();
    const roles = [kept.id, gone.id];
    const started = await server.api('POST', '/api/v2/invitations', { recipients: [email], roles });
    expect(started.status).toBe(202);
    await server.sink.waitForMail(email);
    expect(await rolesOf(email)).toEqual([]);
    await server.api('DELETE', `/api/v2/roles/${gone.id}`);
    await accept(email);
    expect(await rolesOf(email)).toEqual([kept]);
  });

  test('also come from an import that invites', async () => {
    const role = await aRole();
    const person = aPerson();
    const plan = JSON.stringify({ roles: [role.id] });
    const connectionId = await defaultConnectionId(server);
    const started = await uploadUsers(server, connectionId, [person], { send_invitations: plan });
    expect(started.status).toBe(202);
    await finishedJob(server, started.body.id);
    await accept(person.email);
    expect(await rolesOf(person.email)).toEqual([role]);
  });

  test('must exist at the time of the invitation', async () => {
    const role = await aRole();
    const roles = [role.id, 'rol_none'];
    const refusal = { message: 'The role rol_none does not exist.', errorCode: 'invalid_body' };
    const answer = await server.api('POST', '/api/v2/invitations', {
      recipients: [aPerson().email],
      roles,
    });
    expect(answer).toMatchObject({ status: 400, body: refusal });
    const connectionId = await defaultConnectionId(server);
    const upload = await uploadUsers(server, connectionId, [aPerson()], {
      send_invitations: JSON.stringify({ roles }),
    });
    expect(upload).toMatchObject({ status: 400, body: refusal });
  });
});
