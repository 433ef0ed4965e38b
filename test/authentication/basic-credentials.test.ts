import * as openid from 'openid-client';
import { beforeAll, expect, test } from 'vitest';
import { startServer, type TestServer } from '../harness/harness.ts';
import { registerClient } from '../harness/registered.ts';
import { postToken } from './fixture.ts';

// Clients send their secrets by Basic in two ways: form-encoded (RFC 6749, 2.3.1) or raw.
const API = 'https://api.example.test/';
const SECRETS = [
  'pässwörd-日本-🙂-ﬀ-that-is-long',
  'a+b%41 c:d&e=f/g?h#i@j"k\\l',
  '100%-sure-50%zz-or-not-%',
  '%C3%A4-looks-encoded-and-is-not',
  ' blanks around and + between ',
  "!'()*~-._ left as they are",
];

let server: TestServer;
let clientId: string;
beforeAll(async () => {
  server = await startServer();
  ({ id: clientId } = await registerClient(server, {
    name: 'Chose its own secret',
    app_type: 'non_interactive',
  }));
  const made = [
    await server.api('POST', '/api/v2/resource-servers', { identifier: API, name: 'An API' }),
    await server.api('POST', '/api/v2/client-grants', {
      client_id: clientId,
      audience: API,
      scope: [],
    }),
    await server.api('POST', '/api/v2/connections', {
      name: 'email',
      strategy: 'email',
      enabled_clients: [clientId],
    }),
  ];
  for (const apiAnswer of made) if (apiAnswer.status !== 201) throw new Error(apiAnswer.text);
});

const setSecret = (client_secret: string) =>
  server.api<{ message: string }>('PATCH', `/api/v2/clients/${clientId}`, { client_secret });
const basic = (pair: string | Buffer) => ({
  authorization: `Basic ${Buffer.from(pair).toString('base64')}`,
});
const form = (text: string) => new URLSearchParams({ a: text }).toString().slice(2);

const statusOf = async (headers: Record<string, string>) =>
  (await postToken(server, { grant_type: 'client_credentials', audience: API }, headers)).status;
async function answerOf(path: string, headers: Record<string, string>) {
  const answer = await fetch(`${server.url}${path}`, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/x-www-form-urlencoded' },
    body: `client_id=${clientId}&token=x&connection=email&email=ada@example.test`,
  });
  return `${answer.status} ${(await answer.text()).replace(/"_id":"\w+"/, '')}`;
}

test.each(SECRETS)('the server reads %j form-encoded, raw and in the body', async (secret) => {
  expect((await setSecret(secret)).status).toBe(200);
  expect(await statusOf(basic(`${form(clientId)}:${form(secret)}`))).toBe(200);
  expect(await statusOf(basic(`${clientId}:${encodeURIComponent(secret)}`))).toBe(200);
  expect(await statusOf(basic(`${clientId}:${secret}`))).toBe(200);
  const byPost = await postToken(server, {
    grant_type: 'client_credentials',
    audience: API,
    client_id: clientId,
    client_secret: secret,
  });
  expect(byPost.status).toBe(200);
  for (const wrong of [`${secret}x`, form(form(secret)), secret.slice(1), `${form(secret)}%`]) {
    expect(await statusOf(basic(`${clientId}:${wrong}`)), wrong).toBe(401);
  }
});

test.each(SECRETS)('openid-client sends %j by Basic and in the body', async (secret) => {
  await setSecret(secret);
  for (const proof of [openid.ClientSecretBasic(secret), openid.ClientSecretPost(secret)]) {
    const options = { execute: [openid.allowInsecureRequests] };
    const url = new URL(`${server.url}/`);
    const config = await openid.discovery(url, clientId, undefined, proof, options);
    const token = await openid.clientCredentialsGrant(config, { audience: API });
    expect(token.token_type).toBe('bearer');
  }
});

test('the server reads bytes that are not UTF-8 as Latin-1', async () => {
  await setSecret('pässwörd of a long ago');
  const sent = Buffer.from(`${clientId}:pässwörd of a long ago`, 'latin1');
  expect(await statusOf(basic(sent))).toBe(200);
});

test('every endpoint that authenticates a client reads Basic credentials this way', async () => {
  const secret = SECRETS[0] as string;
  await setSecret(secret);
  for (const path of ['/oauth/revoke', '/passwordless/start']) {
    const right = [
      await answerOf(path, basic(`${clientId}:${form(secret)}`)),
      await answerOf(path, basic(`${clientId}:${secret}`)),
    ];
    expect(right[0], path).toBe(right[1]);
    expect(right[0], path).not.toBe(await answerOf(path, basic(`${clientId}:${secret}x`)));
  }
});

test('a secret with a control character is refused when it is chosen', async () => {
  for (const bad of [
    'a secret\nof two lines',
    'a secret with \u0085 in it',
    'bell \u0007 bell bell',
  ]) {
    const { status, body } = await setSecret(bad);
    expect([status, body.message]).toEqual([400, expect.stringContaining('client_secret')]);
  }
});
