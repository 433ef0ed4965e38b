import cookie from '@fastify/cookie';
import fastify from 'fastify';
import { expect, test } from 'vitest';
import { createSealedCookie } from './sealed-cookie.ts';

test('a value is read until its time is over, and only for its purpose', async () => {
  let now = new Date('2026-05-04T10:00:00Z');
  const options = { name: 'kept', key: Buffer.alloc(32, 7), lifetimeSeconds: 60, now: () => now };
  const first = createSealedCookie<{ n: number }>({ ...options, purpose: 'one', secure: false });
  const other = createSealedCookie<{ n: number }>({ ...options, purpose: 'two', secure: false });
  const app = fastify();
  await app.register(cookie);
  app.get('/set', async (_request, reply) => {
    first.set(reply, { n: 1 });
    return 'set';
  });
  app.get('/read', async (request) => [first.read(request), other.read(request)]);

  const [set] = (await app.inject('/set')).cookies;
  expect(set).toMatchObject({ name: 'kept', httpOnly: true, sameSite: 'Lax', maxAge: 60 });
  const read = async () =>
    (await app.inject({ url: '/read', cookies: { kept: set?.value ?? '' } })).json();
  expect(await read()).toEqual([{ n: 1 }, null]);
  now = new Date('2026-05-04T10:00:59.999Z');
  expect(await read()).toEqual([{ n: 1 }, null]);
  now = new Date('2026-05-04T10:01:00Z');
  expect(await read()).toEqual([null, null]);
});

test('under https no other host can plant it', async () => {
  const app = fastify();
  await app.register(cookie);
  const kept = createSealedCookie<object>({
    name: 'kept',
    purpose: 'one',
    key: Buffer.alloc(32, 7),
    lifetimeSeconds: 60,
    secure: true,
    now: () => new Date(),
  });
  app.get('/', async (_request, reply) => {
    kept.set(reply, {});
    return 'set';
  });
  const [set] = (await app.inject('/')).cookies;
  expect(set).toMatchObject({ name: '__Host-kept', secure: true, path: '/' });
  expect(set).not.toHaveProperty('domain');
});
