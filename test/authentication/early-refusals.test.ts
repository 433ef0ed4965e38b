import { beforeAll, describe, expect, test } from 'vitest';
import type { LimitRequest } from '../../src/flows/limit-requests/limit-requests.ts';
import { aClient, type Door, openDoor } from './fixture.ts';

const HOME = 'https://web.example.test';
const WILD = 'https://one.wild.example.test';
const ELSEWHERE = 'https://evil.example.test';

/** Every endpoint that a page may call. */
const ENDPOINTS = [
  'POST /oauth/token',
  'POST /oauth/revoke',
  'POST /oauth/device/code',
  'POST /dbconnections/signup',
  'POST /dbconnections/change_password',
  'POST /passwordless/start',
  'POST /mfa/associate',
  'POST /mfa/challenge',
  'GET /mfa/authenticators',
  'DELETE /mfa/authenticators/totp%7Cdev_1',
  'GET /userinfo',
  'POST /userinfo',
];

const used: LimitRequest = async () => ({
  limit: 30,
  of: 'api',
  remaining: 0,
  resetAt: 1_800_000_000,
  retryAfterSeconds: 3,
});

let open: Door;
let limited: Door;
beforeAll(async () => {
  open = await openDoor();
  limited = await openDoor(undefined, { limit: used });
  for (const door of [open, limited]) {
    await aClient(door, { allowedOrigins: ['https://*.wild.example.test/'] });
    await aClient(door, { webOrigins: [], callbacks: ['com.example.app://callback'] });
  }
  return async () => {
    await open.close();
    await limited.close();
  };
});

function call(door: Door, endpoint: string, origin: string, init: RequestInit = {}) {
  const [method = '', path = ''] = endpoint.split(' ');
  const { headers, ...rest } = init;
  return fetch(`${door.url}${path}`, { method, headers: { origin, ...headers }, ...rest });
}

const allowed = (answer: Response) => answer.headers.get('access-control-allow-origin');

describe.each(ENDPOINTS)('%s', (endpoint) => {
  const body = endpoint.startsWith('POST');

  test("an application's page can read that it sent too many requests", async () => {
    for (const origin of [HOME, WILD]) {
      const answer = await call(limited, endpoint, origin);
      expect(answer.status).toBe(429);
      expect(allowed(answer)).toBe(origin);
      expect(answer.headers.get('vary')).toMatch(/origin/i);
      expect(answer.headers.get('access-control-expose-headers')).toContain('retry-after');
      expect(await answer.json()).toMatchObject({ error: 'too_many_requests' });
    }
    expect(allowed(await call(limited, endpoint, ELSEWHERE))).toBeNull();
    expect(allowed(await call(limited, endpoint, 'null'))).toBeNull();
  });

  test.runIf(body)(
    "an application's page can read that a body is too large or missing",
    async () => {
      const json = { 'content-type': 'application/json' };
      const bodies: [string, RequestInit][] = [
        ['too large', { body: `a=${'x'.repeat(100_000)}` }],
        ['no JSON', { headers: json, body: '{"client_id":' }],
        ['a list', { headers: json, body: '[]' }],
        ['no known type', { headers: { 'content-type': 'nonsense' }, body: '<a/>' }],
      ];
      for (const [what, init] of bodies) {
        const answer = await call(open, endpoint, HOME, init);
        expect(answer.status, what).toBeGreaterThanOrEqual(400);
        expect(answer.status, what).toBeLessThan(500);
        expect(allowed(answer), what).toBe(HOME);
      }
      const [[, large] = ['', {}]] = bodies;
      expect(allowed(await call(open, endpoint, ELSEWHERE, large))).toBeNull();
    },
  );
});

test("an application's page can read the refusal of an unknown token", async () => {
  const headers = { authorization: 'Bearer nonsense' };
  for (const endpoint of ['GET /userinfo', 'GET /mfa/authenticators']) {
    const answer = await call(open, endpoint, HOME, { headers });
    expect(answer.status).toBe(401);
    expect(allowed(answer)).toBe(HOME);
  }
});

test('the origins of other applications do not count once the application is known', async () => {
  const { id } = await aClient(open, { webOrigins: ['https://own.example.test'] });
  const fields = { client_id: id, connection: 'nowhere', email: 'a@b.test', password: 'x' };
  const ask = (origin: string) =>
    call(open, 'POST /dbconnections/signup', origin, { body: new URLSearchParams(fields) });
  expect(allowed(await ask('https://own.example.test'))).toBe('https://own.example.test');
  expect(allowed(await ask(HOME))).toBeNull();
});
