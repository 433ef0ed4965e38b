import { beforeAll, expect, test } from 'vitest';
import { type ManagementFixture, startManagementApi } from './fixture.ts';

let api: ManagementFixture;
let made = 0;
beforeAll(async () => {
  api = await startManagementApi();
});

const CODE = 'exports.onExecutePostLogin = async (event, api) => {};';

async function anAction(more: object = {}) {
  const answer = await api.call('POST', '/actions/actions', {
    name: `Action ${made++}`,
    supported_triggers: [{ id: 'post-login', version: 'v3' }],
    code: CODE,
    ...more,
  });
  expect([answer.status, answer.body.message]).toEqual([201, undefined]);
  return answer.body;
}
const bind = (bindings: object[], trigger = 'post-login') =>
  api.call('PATCH', `/actions/triggers/${trigger}/bindings`, { bindings });
const byId = (action: { id: string }) => ({ ref: { type: 'action_id', value: action.id } });

test('an action is built at once, and deployed when asked', async () => {
  const action = await anAction();
  expect(action).toMatchObject({
    supported_triggers: [{ id: 'post-login', version: 'v3' }],
    status: 'built',
    all_changes_deployed: false,
    runtime: 'node22',
    dependencies: [],
    secrets: [],
  });
  expect(action.deployed_version).toBeUndefined();
  const deployed = await api.call('POST', `/actions/actions/${action.id}/deploy`);
  expect(deployed.status).toBe(202);
  expect(deployed.body).toMatchObject({ number: 1, deployed: true, action_id: action.id });
  const read = await api.call('GET', `/actions/actions/${action.id}`);
  expect(read.body).toMatchObject({
    all_changes_deployed: true,
    deployed_version: { number: 1, deployed: true, code: CODE },
  });
});

test('a change of the draft does not run before the next deployment', async () => {
  const action = await anAction({ deploy: true });
  const path = `/actions/actions/${action.id}`;
  const changed = await api.call('PATCH', path, { code: `${CODE} // 2` });
  expect(changed.body).toMatchObject({
    all_changes_deployed: false,
    code: `${CODE} // 2`,
    deployed_version: { code: CODE },
  });
  await api.call('POST', `${path}/deploy`);
  const { versions, total } = (await api.call('GET', `${path}/versions`)).body;
  expect(total).toBe(2);
  expect(
    versions.map((one: { number: number; deployed: boolean }) => [one.number, one.deployed]),
  ).toEqual([
    [2, true],
    [1, false],
  ]);
  // Back to the first: a new version that equals it. The draft follows only if asked.
  const rollBack = `${path}/versions/${versions[1].id}/deploy`;
  expect((await api.call('POST', rollBack)).body).toMatchObject({ number: 3, code: CODE });
  expect((await api.call('GET', path)).body).toMatchObject({ code: `${CODE} // 2` });
  await api.call('POST', rollBack, { update_draft: true });
  expect((await api.call('GET', path)).body).toMatchObject({
    code: CODE,
    all_changes_deployed: true,
  });
  const one = await api.call('GET', `${path}/versions/${versions[0].id}`);
  expect(one.body).toMatchObject({ number: 2, deployed: false, action: { id: action.id } });
});

test('secrets are never shown, and keep their value until they get another', async () => {
  const action = await anAction({ secrets: [{ name: 'TOKEN', value: 'very-secret' }] });
  const path = `/actions/actions/${action.id}`;
  expect(action.secrets).toEqual([{ name: 'TOKEN', updated_at: expect.any(String) }]);
  const changed = await api.call('PATCH', path, {
    secrets: [{ name: 'TOKEN' }, { name: 'OTHER', value: 'also-secret' }],
  });
  expect(changed.body.secrets).toEqual([
    action.secrets[0],
    { name: 'OTHER', updated_at: expect.any(String) },
  ]);
  const deployed = await api.call('POST', `${path}/deploy`);
  expect(JSON.stringify([changed.body, deployed.body])).not.toContain('secret"');
  const refused = await api.call('PATCH', path, { secrets: [{ name: 'NEW' }] });
  expect([refused.status, refused.body.message]).toEqual([
    400,
    "Payload validation error: 'no value of NEW' on property secrets.",
  ]);
});

test.each<[object, string]>([
  [{ code: 'let a = 1;\nlet b = ;' }, "'line 2: Unexpected token ';'' on property code."],
  [{ code: 'x'.repeat(100_001) }, "'the code is longer than 100 kB' on property code."],
  [
    { dependencies: [{ name: 'left-pad', version: '1.0.0' }] },
    "'Usher does not have left-pad. It has ",
  ],
  [
    { supported_triggers: [{ id: 'event-stream' }] },
    "'nothing runs at event-stream here. The triggers are post-login, ",
  ],
  [
    { supported_triggers: [{ id: 'post-login', version: 'v1' }] },
    "'post-login has the version v3 or v2' on property supported_triggers[0].version.",
  ],
  [{ modules: [{ module_name: 'x' }] }, "'must be an empty list, because Usher has no modules"],
])('an action that cannot run is refused: %j', async (more, message) => {
  const { status, body } = await api.call('POST', '/actions/actions', {
    name: 'refused',
    supported_triggers: [{ id: 'post-login' }],
    code: CODE,
    ...more,
  });
  expect(status).toBe(400);
  expect(body.message).toContain(message);
});

test('bindings say what runs, in their order', async () => {
  const [a, b, draft] = [
    await anAction({ deploy: true }),
    await anAction({ deploy: true }),
    await anAction(),
  ];
  const bound = await bind([
    byId(b),
    { ref: { type: 'action_name', value: a.name }, display_name: 'First of all' },
  ]);
  expect(bound.status).toBe(200);
  const names = (body: { bindings: { display_name: string }[] }) =>
    body.bindings.map((binding) => binding.display_name);
  expect(names(bound.body)).toEqual([b.name, 'First of all']);
  const [first, second] = bound.body.bindings;
  const turned = await bind([
    { ref: { type: 'binding_id', value: second.id }, display_name: 'First of all' },
    byId(b),
  ]);
  expect(names(turned.body)).toEqual(['First of all', b.name]);
  expect(turned.body.bindings[1].id).toBe(first.id);
  const read = await api.call('GET', '/actions/triggers/post-login/bindings');
  expect(read.body).toMatchObject({ total: 2, page: 0, per_page: 50 });
  expect(read.body.bindings).toEqual(turned.body.bindings);

  for (const [bindings, why] of [
    [[byId(draft)], 'has not been deployed yet'],
    [[byId({ id: 'nowhere' })], 'there is no action nowhere'],
    [[byId(a), byId(a)], 'is bound twice'],
  ] as const) {
    const refused = await bind([...bindings]);
    expect([refused.status, refused.body.message]).toEqual([400, expect.stringContaining(why)]);
  }
  const elsewhere = await bind([byId(a)], 'post-change-password');
  expect(elsewhere.body.message).toContain('has the trigger post-login');
  expect(names((await api.call('GET', '/actions/triggers/post-login/bindings')).body)).toHaveLength(
    2,
  );
});

test('an action that is bound is deleted only by force', async () => {
  const action = await anAction({ deploy: true });
  await bind([byId(action)]);
  const path = `/actions/actions/${action.id}`;
  const refused = await api.call('DELETE', path);
  expect([refused.status, refused.body.message]).toEqual([
    409,
    'Unable to delete an action bound to a trigger.',
  ]);
  expect((await api.call('DELETE', `${path}?force=true`)).status).toBe(204);
  expect((await api.call('DELETE', path)).body.message).toBe('That action does not exist.');
  const left = await api.call('GET', '/actions/triggers/post-login/bindings');
  expect(left.body).toMatchObject({ total: 0, bindings: [] });
});

test('the list finds actions by trigger, name and deployment', async () => {
  const action = await anAction({
    supported_triggers: [{ id: 'post-change-password' }],
    code: 'exports.onExecutePostChangePassword = () => {};',
  });
  const found = async (query: string) => {
    const { body } = await api.call('GET', `/actions/actions?${query}`);
    return body.actions.map((one: { id: string }) => one.id);
  };
  expect(await found('triggerId=post-change-password')).toEqual([action.id]);
  expect(await found('triggerId=event-stream')).toEqual([]);
  expect(await found(`actionName=${encodeURIComponent(action.name)}`)).toEqual([action.id]);
  expect(await found('triggerId=post-change-password&deployed=true')).toEqual([]);
  expect(await found('triggerId=post-change-password&deployed=false')).toEqual([action.id]);
  expect(await found('installed=true')).toEqual([]);
});

test('a trigger that nothing runs at is told from one that does not exist', async () => {
  const { triggers } = (await api.call('GET', '/actions/triggers')).body;
  expect(triggers.map((trigger: { id: string }) => trigger.id)).toContain('credentials-exchange');
  const absent = await api.call('GET', '/actions/triggers/event-stream/bindings');
  expect([absent.status, absent.body.message]).toEqual([
    404,
    expect.stringContaining('That trigger does not exist. Actions can run at post-login,'),
  ]);
  expect((await api.call('GET', '/actions/triggers/nothing/bindings')).status).toBe(400);
});

test('a name is taken once', async () => {
  const action = await anAction();
  const other = await anAction();
  const body = { name: action.name, supported_triggers: [{ id: 'post-login' }] };
  const again = await api.call('POST', '/actions/actions', body);
  expect(again.status).toBe(409);
  const renamed = await api.call('PATCH', `/actions/actions/${other.id}`, { name: action.name });
  expect(renamed.status).toBe(409);
});
