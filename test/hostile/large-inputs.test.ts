import { createHmac } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { beforeAll, expect, test } from 'vitest';
import type { TestServer } from '../harness/harness.ts';
import { openPasswordWorld, type PasswordWorld } from '../harness/password-world.ts';
import { CALLBACK } from '../harness/world.ts';

const MANY = 10_000;
const MEGABYTE = 1024 * 1024;

let world: PasswordWorld;
let server: TestServer;
beforeAll(async () => {
  world = await openPasswordWorld();
  server = world.server;
});

type Answer = { status: number; text: string };

async function ask(
  method: string,
  path: string,
  options: { body?: string; type?: string; headers?: Record<string, string> } = {},
): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const request = httpRequest(
    `${server.url}${path}`,
    {
      method,
      headers: { ...(options.type && { 'content-type': options.type }), ...options.headers },
      agent: false,
    },
    (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk) => {
        text += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
    },
  );
  request.on('error', reject);
  request.end(options.body);
  return promise;
}

const FORM = 'application/x-www-form-urlencoded';
const pairs = (name: (n: number) => string) =>
  Array.from({ length: MANY }, (_, n) => `${name(n)}=v`).join('&');
const BODIES: Record<string, string> = {
  'many parameters': pairs((n) => `p${n}`),
  'one name many times': pairs(() => 'client_id'),
  'deep brackets': `client_id${'[a]'.repeat(MANY)}=1`,
  'lists in brackets': pairs(() => 'client_id[]'),
  'names of a prototype': '__proto__[x]=1&constructor[prototype][x]=1&__proto__=2&client_id=a',
  'broken percent signs': `client_id=${'%'.repeat(5000)}&%E0%A4%A=1`,
  'zero bytes': 'client_id=%00&username=a%00b&connection=%00&email=%00%40b.test&grant_type=%00',
};

const ENDPOINTS = [
  '/oauth/token',
  '/oauth/par',
  '/oauth/device/code',
  '/oauth/revoke',
  '/dbconnections/signup',
  '/dbconnections/change_password',
  '/passwordless/start',
  '/mfa/challenge',
  '/mfa/associate',
  '/userinfo',
  '/u/login',
  '/u/signup',
  '/u/reset-password/request',
  '/u/new-link',
  '/activate',
  '/oidc/logout',
  '/v2/logout',
];

test.each(Object.keys(BODIES))('a form with %s never causes a server error', async (name) => {
  const seen: [string, number][] = [];
  for (const path of ENDPOINTS) {
    const answer = await ask('POST', path, { body: BODIES[name] ?? '', type: FORM });
    seen.push([path, answer.status]);
  }
  expect(seen.filter(([, status]) => status >= 500 || status === 0)).toEqual([]);
});

test('a query with ten thousand parameters never causes a server error', async () => {
  const seen: [string, number][] = [];
  const token = await server.token();
  for (const path of [
    '/authorize',
    '/u/login',
    '/v2/logout',
    '/api/v2/users',
    '/api/v2/logs',
    '/',
    '/oidc/logout',
    '/.well-known/openid-configuration',
  ]) {
    for (const query of [
      BODIES['many parameters'],
      BODIES['one name many times'],
      BODIES['deep brackets'],
      BODIES['broken percent signs'],
      BODIES['zero bytes'],
    ]) {
      // Node takes heads of 16 KB.
      for (const text of [query ?? '', (query ?? '').slice(0, 12_000)]) {
        const answer = await ask('GET', `${path}?${text}`, {
          headers: { authorization: `Bearer ${token}`, accept: 'text/html' },
        });
        seen.push([`${path}?${text.slice(0, 20)} ${text.length}`, answer.status]);
      }
    }
  }
  expect(seen.filter(([, status]) => status >= 500 || status === 0)).toEqual([]);
});

const base64 = (value: object | string) =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
function jwt(header: object, payload: object | string, secret = 'x'): string {
  const text = `${base64(header)}.${base64(payload)}`;
  return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`;
}
const deep = (levels: number) => `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`;

const TOKENS = () => ({
  'a megabyte of letters': 'a'.repeat(MEGABYTE),
  'a JWT of a megabyte': jwt({ alg: 'HS256' }, { a: 'x'.repeat(700_000) }),
  'a JWT with a megabyte of header': jwt({ alg: 'HS256', kid: 'k'.repeat(700_000) }, {}),
  'a JWT of 60 KB': jwt({ alg: 'RS256', kid: 'k' }, { a: 'x'.repeat(40_000) }),
  'a deep JWT': jwt({ alg: 'HS256' }, deep(5000)),
  'a megabyte of dots': '.'.repeat(MEGABYTE),
  'an encrypted JWT that takes a billion rounds': `${base64({ alg: 'PBES2-HS256+A128KW', enc: 'A128CBC-HS256', p2c: 1_000_000_000, p2s: 'AAAA' })}.AAAA.AAAA.AAAA.AAAA`,
  'a JWT with zero bytes': jwt({ alg: 'HS256', kid: '\0' }, { iss: '\0', sub: '\0', jti: '\0' }),
});

test('a token, an assertion or a request object of any size never causes a server error', async () => {
  const client = world.client;
  const seen: [string, number][] = [];
  for (const [what, token] of Object.entries(TOKENS())) {
    const form = (values: Record<string, string>) => new URLSearchParams(values).toString();
    // Heads end at 16 KB: the rest of such a token never arrives.
    const doors: [string, string, Parameters<typeof ask>[2]][] = [
      [
        'POST',
        '/oauth/token',
        {
          type: FORM,
          body: form({
            grant_type: 'client_credentials',
            client_id: client.id,
            client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
            client_assertion: token,
          }),
        },
      ],
      [
        'POST',
        '/oauth/token',
        {
          type: FORM,
          body: form({
            grant_type: 'refresh_token',
            client_id: client.id,
            client_secret: client.secret,
            refresh_token: token,
          }),
        },
      ],
      [
        'POST',
        '/oauth/token',
        {
          type: FORM,
          body: form({
            grant_type: 'authorization_code',
            client_id: client.id,
            client_secret: client.secret,
            code: token,
            redirect_uri: CALLBACK,
          }),
        },
      ],
      [
        'POST',
        '/oauth/token',
        {
          type: FORM,
          body: form({
            grant_type: 'http://auth0.com/oauth/grant-type/mfa-otp',
            client_id: client.id,
            client_secret: client.secret,
            mfa_token: token,
            otp: '123456',
          }),
        },
      ],
      [
        'POST',
        '/oauth/par',
        {
          type: FORM,
          body: form({
            client_id: client.id,
            client_secret: client.secret,
            request: token,
          }),
        },
      ],
      [
        'POST',
        '/oauth/revoke',
        {
          type: FORM,
          body: form({ client_id: client.id, client_secret: client.secret, token }),
        },
      ],
      [
        'GET',
        `/authorize?${form({ client_id: client.id, redirect_uri: CALLBACK, response_type: 'code', scope: 'openid', request: token.slice(0, 12_000) })}`,
        {},
      ],
      [
        'GET',
        `/authorize?${form({ client_id: client.id, redirect_uri: CALLBACK, response_type: 'code', scope: 'openid', prompt: 'none', id_token_hint: token.slice(0, 12_000) })}`,
        {},
      ],
      ['GET', `/oidc/logout?${form({ id_token_hint: token.slice(0, 12_000) })}`, {}],
      ['POST', '/oidc/logout', { type: FORM, body: form({ id_token_hint: token }) }],
      ['POST', '/userinfo', { type: FORM, body: form({ access_token: token }) }],
      ['GET', '/api/v2/users', { headers: { authorization: `Bearer ${token.slice(0, 15_000)}` } }],
      ['GET', '/userinfo', { headers: { authorization: `Bearer ${token.slice(0, 15_000)}` } }],
      ['GET', '/api/v2/users', { headers: { authorization: `Bearer ${token}` } }],
    ];
    for (const [method, path, options] of doors) {
      const { status } = await ask(method, path, options);
      seen.push([`${what}: ${method} ${path.slice(0, 20)} ${options?.body?.slice(0, 40)}`, status]);
    }
  }
  expect(seen.filter(([, status]) => status >= 500)).toEqual([]);
});

test('`claims`, `authorization_details` and other parameters of any depth and size never cause a server error', async () => {
  const { id: client_id, secret: client_secret } = world.client;
  const seen: [string, number, string][] = [];
  const values: Record<string, string> = {
    deep: deep(3000),
    deepIdToken: `{"id_token":${deep(3000)}}`,
    large: JSON.stringify({
      id_token: Object.fromEntries(
        Array.from({ length: 2000 }, (_, n) => [`c${n}`, { essential: true }]),
      ),
    }),
    list: '['.repeat(5000),
    proto: '{"id_token":{"__proto__":{"value":"x"}},"__proto__":{"userinfo":null}}',
    long: 'x'.repeat(50_000),
    zero: '\0',
  };
  for (const name of [
    'claims',
    'scope',
    'audience',
    'ui_locales',
    'state',
    'max_age',
    'prompt',
    'organization',
    'redirect_uri',
    'resource',
    'authorization_details',
    'response_mode',
  ]) {
    for (const [kind, value] of Object.entries(values)) {
      const asked = {
        client_id,
        redirect_uri: CALLBACK,
        response_type: 'code',
        scope: 'openid',
        [name]: value,
      };
      const answers = [
        await ask('GET', `/authorize?${new URLSearchParams(asked).toString().slice(0, 12_000)}`, {
          headers: { accept: 'text/html' },
        }),
        await ask('POST', '/oauth/par', {
          type: FORM,
          body: new URLSearchParams({ ...asked, client_secret }).toString(),
        }),
      ];
      for (const answer of answers)
        seen.push([
          `${name} ${kind}`,
          answer.status,
          answer.status >= 500 ? answer.text.slice(0, 200) : '',
        ]);
    }
  }
  expect(seen.filter(([, status]) => status >= 500)).toEqual([]);
});

test('headers of 8 KB never cause a server error', async () => {
  const seen: [string, number][] = [];
  const long = 'a'.repeat(8000);
  const state = '/u/login?state=nothing';
  const headers: Record<string, string>[] = [
    {
      'accept-language': Array.from({ length: 1500 }, (_, n) => `a${n}`)
        .join(',')
        .slice(0, 8000),
    },
    { 'accept-language': `${'de-'.repeat(2600)}` },
    { 'accept-language': `de;q=${'9'.repeat(7900)}` },
    { 'accept-language': ';'.repeat(8000) },
    { cookie: `_session=${long}` },
    { cookie: Array.from({ length: 1500 }, (_, n) => `c${n}`).join('=;') },
    { cookie: `_interaction=${long}; _session=${'%'.repeat(50)}` },
    { cookie: `_session=%E0%A4%A; _session.sig=%` },
    { 'user-agent': long },
    {
      'x-forwarded-for': Array.from({ length: 1500 }, () => '1.2.3')
        .join(',')
        .slice(0, 8000),
    },
    { 'auth0-client': Buffer.from(deep(900)).toString('base64').slice(0, 8000) },
    { 'auth0-client': long },
    { authorization: `Basic ${long}` },
    {
      authorization: `Basic ${Buffer.from(`${'%'.repeat(3000)}:${'%'.repeat(2000)}`).toString('base64')}`,
    },
    { authorization: `Bearer ${' '.repeat(7000)}x` },
    { origin: `https://${long}` },
    { referer: long },
    { accept: `text/html,${'*/*,'.repeat(1900)}` },
    { 'content-type': `multipart/form-data; boundary=${'b'.repeat(7000)}` },
    { 'content-type': `application/json;${'a=b;'.repeat(1900)}` },
    { 'if-none-match': long },
    { 'accept-encoding': 'gzip,'.repeat(1500) },
    { dpop: long },
    { 'auth0-custom-domain': long },
  ];
  for (const header of headers) {
    for (const [method, path] of [
      ['GET', state],
      [
        'GET',
        `/authorize?client_id=${world.client.id}&redirect_uri=${encodeURIComponent(CALLBACK)}&response_type=code&scope=openid`,
      ],
      ['GET', '/'],
      ['GET', '/v2/logout'],
      ['GET', '/api/v2/users'],
      ['POST', '/oauth/token'],
      ['POST', '/u/login'],
      ['POST', '/dbconnections/signup'],
      ['GET', '/userinfo'],
    ] as const) {
      const answer = await ask(method, path, {
        headers: {
          accept: 'text/html',
          ...(method === 'POST' && { 'content-type': FORM }),
          ...header,
        },
        body: method === 'POST' ? 'a=b' : undefined,
      });
      seen.push([
        `${JSON.stringify(header).slice(0, 60)} ${method} ${path.slice(0, 20)}`,
        answer.status,
      ]);
    }
  }
  expect(seen.filter(([, status]) => status >= 500)).toEqual([]);
});
