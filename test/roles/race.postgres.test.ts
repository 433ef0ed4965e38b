import { beforeAll, expect, test } from 'vitest';

import { type Api, anApi, aRole, aUser, openApi, pairs } from './granted.ts';

let api: Api;
beforeAll(async () => {
  api = await openApi();
});

const EIGHT = Array.from({ length: 8 });

async function rows(text: string, values: unknown[]): Promise<unknown> {
  return (await api.server.app.database.execute(text, values)).rows;
}

test('a permission never outlives its scope in a race', async () => {
  const user = await aUser(api);
  for (let round = 0; round < 10; round++) {
    const orders = await anApi(api, 'read', 'write');
    const answers = await Promise.all([
      ...EIGHT.map(() =>
        api.call('POST', `${user.path}/permissions`, pairs(orders.identifier, 'read', 'write')),
      ),
      api.call('PATCH', `/resource-servers/${orders.id}`, { scopes: [{ value: 'write' }] }),
    ]);
    expect([201, 400]).toEqual(
      expect.arrayContaining([...new Set(answers.map((answer) => answer.status))]),
    );
    const left = 'select 1 from user_permissions where resource_server_id = $1 and permission = $2';
    expect(await rows(left, [orders.id, 'read'])).toEqual([]);
  }
});

test('an API, a role and a user can be deleted during an assignment', async () => {
  for (let round = 0; round < 10; round++) {
    const [role, user, orders] = [await aRole(api), await aUser(api), await anApi(api, 'read')];
    const answers = await Promise.all([
      ...EIGHT.map((_, n) =>
        n % 2 === 0
          ? api.call('POST', `${user.path}/roles`, { roles: [role] })
          : api.call('POST', `/roles/${role}/permissions`, pairs(orders.identifier, 'read')),
      ),
      api.call('DELETE', `/roles/${role}`),
      api.call('DELETE', user.path),
      api.call('DELETE', `/resource-servers/${orders.id}`),
    ]);
    for (const { status, body } of answers) {
      expect([200, 201, 204, 404], JSON.stringify(body)).toContain(status);
    }
    expect(await rows('select 1 from user_roles where role_id = $1', [role])).toEqual([]);
    expect(await rows('select 1 from role_permissions where role_id = $1', [role])).toEqual([]);
  }
});
