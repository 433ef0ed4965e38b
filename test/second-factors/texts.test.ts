import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { beforeAll, beforeEach, expect, test } from 'vitest';
import { createSmsSender } from '../../src/flows/choose-sms-sender/choose-sms-sender.ts';
import { twilioSender, webhookSender } from '../../src/outbound/sms/sms.ts';
import { systemClock } from '../../src/platform/clock/clock.ts';
import type { Database } from '../../src/platform/db/db.ts';
import { createEgress } from '../../src/platform/egress/egress.ts';
import {
  changePhoneSettings,
  changeProvider,
} from '../../src/records/factor-settings/factor-settings.ts';
import { freePort } from '../harness/free-port.ts';
import { freshDatabase } from '../harness/harness.ts';
import { NO_ACTIONS } from '../harness/no-actions.ts';
import { keys } from '../harness/world.ts';

type Received = { path: string; authorization: string | undefined; body: string };

let url: string;
let database: Database;
const received: Received[] = [];
let answer: (response: ServerResponse) => void;

beforeAll(async () => {
  const port = await freePort();
  url = `http://127.0.0.1:${port}`;
  const server = createServer(async (request: IncomingMessage, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    received.push({ path: request.url ?? '', authorization: request.headers.authorization, body });
    answer(response);
  }).listen(port, '127.0.0.1');
  database = await freshDatabase();
  return () => {
    server.closeAllConnections();
    server.close();
  };
});

beforeEach(() => {
  received.length = 0;
  answer = (response) => response.writeHead(201).end('{"sid":"SM1"}');
});

const twilio = (more = {}) =>
  twilioSender(egress, {
    baseUrl: url,
    accountSid: 'AC1',
    authToken: 'secret',
    from: '+15005550006',
    messagingServiceSid: null,
    ...more,
  });
const egress = createEgress({ allow: ['127.0.0.1'] });
const text = { to: '+491701234567', text: 'Your code is: 123456 <now>', channel: 'sms' } as const;

test('Twilio receives requests in its format to text and to call', async () => {
  expect(await twilio().send(text)).toEqual({ kind: 'sent' });
  expect(await twilio({ messagingServiceSid: 'MG1' }).send(text)).toEqual({ kind: 'sent' });
  expect(await twilio().send({ ...text, channel: 'voice' })).toEqual({ kind: 'sent' });
  const asked = received.map(({ path, authorization, body }) => ({
    path,
    authorization,
    ...Object.fromEntries(new URLSearchParams(body)),
  }));
  const common = {
    To: text.to,
    authorization: `Basic ${Buffer.from('AC1:secret').toString('base64')}`,
  };
  const messages = '/2010-04-01/Accounts/AC1/Messages.json';
  expect(asked).toEqual([
    { ...common, path: messages, From: '+15005550006', Body: text.text },
    { ...common, path: messages, MessagingServiceSid: 'MG1', Body: text.text },
    {
      ...common,
      path: '/2010-04-01/Accounts/AC1/Calls.json',
      From: '+15005550006',
      Twiml: expect.stringContaining('1, 2, 3, 4, 5, 6 &#60;now&#62;'),
    },
  ]);
  expect((await twilio({ from: null }).send({ ...text, channel: 'voice' })).kind).toBe('failed');
});

test('a webhook receives the text, and the server does not follow its redirects', async () => {
  const hook = webhookSender(egress, `${url}/sms`);
  expect(await hook.send(text)).toEqual({ kind: 'sent' });
  expect(JSON.parse(received[0]?.body ?? '')).toEqual({
    recipient: text.to,
    text: text.text,
    channel: 'sms',
  });
  answer = (response) => response.writeHead(302, { location: `${url}/elsewhere` }).end();
  expect((await hook.send(text)).kind).toBe('failed');
  expect(received.map(({ path }) => path)).toEqual(['/sms', '/sms']);
});

test('a failure is reported, and an endless answer is cut off', async () => {
  answer = (response) => response.writeHead(400).end('{"message":"not a number"}');
  expect(await twilio().send(text)).toEqual({
    kind: 'failed',
    problem: 'It answered 400: {"message":"not a number"}',
  });
  answer = (response) => {
    response.writeHead(200);
    const pour = () => {
      while (!response.destroyed && response.write('x'.repeat(16_384)));
      if (!response.destroyed) response.once('drain', pour);
    };
    pour();
  };
  expect(await twilio().send(text)).toEqual({ kind: 'sent' });
  expect((await webhookSender(egress, 'http://127.0.0.1:1/nobody').send(text)).kind).toBe('failed');
  // A host of the own network that the operator has not allowed.
  expect(await webhookSender(createEgress({ allow: [] }), `${url}/sms`).send(text)).toEqual({
    kind: 'failed',
    problem:
      '127.0.0.1 has the internal address 127.0.0.1. To call it anyway, add 127.0.0.1 to EGRESS_ALLOW.',
  });
});

test('the current configuration decides the provider', async () => {
  const { db } = database;
  const options = {
    db,
    clock: systemClock,
    egress,
    actions: NO_ACTIONS,
    publicUrl: 'http://localhost:3000',
    key: keys.encryption,
    mailboxUrl: undefined,
  };
  const bare = createSmsSender({ ...options, webhookUrl: undefined, twilioUrl: url });
  expect(await bare.choose()).toBeNull();
  const now = new Date();
  const settings = { sid: 'AC9', auth_token: 'token', from: '+15005550006' };
  await changeProvider(db, {
    key: keys.encryption,
    name: 'twilio',
    now,
    change: () => settings,
  });
  await (await bare.choose())?.send(text);
  expect(received.at(-1)?.path).toContain('/AC9/');
  const both = createSmsSender({ ...options, webhookUrl: `${url}/hook`, twilioUrl: url });
  await (await both.choose())?.send(text);
  expect(received.at(-1)?.path).toBe('/hook');
  await changePhoneSettings(db, { provider: 'twilio' }, now);
  await (await both.choose())?.send(text);
  expect(received.at(-1)?.path).toContain('/AC9/');
  await changePhoneSettings(db, { provider: 'phone-message-hook' }, now);
  expect(await bare.choose()).toBeNull();
});
