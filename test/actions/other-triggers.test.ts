import { beforeAll, expect, test } from 'vitest';
import { eventually } from '../harness/harness.ts';
import { openTab, openWorld, type World } from '../harness/world.ts';
import { scriptsOf } from './scripted.ts';

let world: World;
let scripts: ReturnType<typeof scriptsOf>;

beforeAll(async () => {
  world = await openWorld();
  scripts = scriptsOf(world);
});

/** Waits for the entry that an action leaves by failing with this text. */
const failureWith = (text: string) =>
  eventually(async () => {
    const logs = await world.logs('q=type:actions_execution_failed');
    return logs.find((entry) => JSON.stringify(entry).includes(text));
  });

const resetLink = async (userId: string, more: object = {}) =>
  (
    await world.server.api<{ ticket: string }>('POST', '/api/v2/tickets/password-change', {
      user_id: userId,
      ...more,
    })
  ).body.ticket;

test('an action after a change of the password runs for the link and for the API', async () => {
  await scripts.deploy('post-change-password', {
    code: `exports.onExecutePostChangePassword = async (event) => { throw new Error('changed ' + event.user.email); };`,
  });
  const [one, other] = [await world.createUser(), await world.createUser()];
  await world.server.api('PATCH', `/api/v2/users/${one.userId}`, {
    password: 'Another passphrase 8',
  });
  await failureWith(`changed ${one.email}`);
  const tab = openTab();
  await tab.go(await resetLink(other.userId));
  await tab.send({ password: 'Another passphrase 8', 'password-again': 'Another passphrase 8' });
  await failureWith(`changed ${other.email}`);
  await scripts.deploy('post-change-password');
});

test('an action refuses a new password, and chooses where the person goes afterwards', async () => {
  const trigger = 'password-reset-post-challenge';
  const at = (body: string) => ({
    code: `exports.onExecutePostChallenge = async (event, api) => { ${body} };`,
  });
  const person = await world.createUser();
  await scripts.deploy(trigger, at(`api.access.deny('Call us first.');`));
  const tab = openTab();
  await tab.go(await resetLink(person.userId));
  const fields = { password: 'Another passphrase 8', 'password-again': 'Another passphrase 8' };
  expect((await tab.send(fields)).page).toContain('Call us first.');
  await scripts.deploy(
    trigger,
    at(
      `api.transaction.setResultUrl('https://app.example.test/callback', { query: { from: event.user.email } });`,
    ),
  );
  const back = tab.back(await tab.send(fields));
  expect(back.searchParams.get('from')).toBe(person.email);
  await scripts.deploy(trigger);
});

test('an action sends the texts with codes', async () => {
  await scripts.deploy('send-phone-message', {
    code: `exports.onExecuteSendPhoneMessage = async (event) => { throw new Error(event.message_options.recipient + ' gets ' + event.message_options.message_type); };`,
  });
  const sender = await world.server.app.deps.smsSender();
  const outcome = await sender?.send({
    to: '+14155550123',
    text: 'Your code is 123456',
    channel: 'sms',
  });
  expect(outcome?.kind).toBe('failed');
  await failureWith('+14155550123 gets sms');
  await scripts.deploy('send-phone-message', {
    code: `exports.onExecuteSendPhoneMessage = async () => {};`,
  });
  expect(
    await (await world.server.app.deps.smsSender())?.send({
      to: '+14155550123',
      text: 'x',
      channel: 'sms',
    }),
  ).toEqual({ kind: 'sent' });
  await scripts.deploy('send-phone-message');
});
