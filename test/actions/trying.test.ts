import { beforeAll, expect, test } from 'vitest';
import { type ManagementFixture, startManagementApi } from '../management-api/fixture.ts';

let api: ManagementFixture;
let made = 0;
beforeAll(async () => {
  api = await startManagementApi();
});

async function tried(code: string, event: unknown = {}) {
  const { body } = await api.call('POST', '/actions/actions', {
    name: `Tried ${made++}`,
    supported_triggers: [{ id: 'post-login', version: 'v3' }],
    code,
    secrets: [{ name: 'KEY', value: 'of-the-shop' }],
  });
  return api.call('POST', `/actions/actions/${body.id}/test`, { payload: { event } });
}

test('a test run says what the action asks for, what it writes and how long it takes', async () => {
  const { status, body } = await tried(
    `exports.onExecutePostLogin = async (event, api) => {
      console.log('Hello', event.user.email);
      api.accessToken.setCustomClaim('https://shop.test/key', event.secrets.KEY);
      api.user.setAppMetadata('seen', true);
    };`,
    { user: { email: 'ada@shop.test' } },
  );
  expect(status).toBe(200);
  expect(body.payload).toEqual({
    commands: [
      { name: 'accessToken.setCustomClaim', args: ['https://shop.test/key', 'of-the-shop'] },
      { name: 'user.setAppMetadata', args: ['seen', true] },
    ],
    logs: [{ level: 'log', text: 'Hello ada@shop.test' }],
    milliseconds: expect.any(Number),
  });
});

test('a test run says why the action fails', async () => {
  const thrown = await tried('exports.onExecutePostLogin = async (event) => event.user.email;');
  expect(thrown.body.payload.error).toEqual({
    name: 'TypeError',
    message: "Cannot read properties of undefined (reading 'email')",
  });
  const absent = await tried('exports.onExecuteSomething = () => {};');
  expect(absent.body.payload.error).toEqual({
    name: 'invalid',
    message: 'The script exports no function onExecutePostLogin.',
  });
  const wrong = await tried('exports.onExecutePostLogin = () => {};', 'no event');
  expect([wrong.status, wrong.body.message]).toEqual([
    400,
    "Payload validation error: 'Expected an object' on property payload.event.",
  ]);
  const missing = await api.call('POST', '/actions/actions/none/test', { payload: {} });
  expect([missing.status, missing.body.message]).toEqual([404, 'That action does not exist.']);
});
