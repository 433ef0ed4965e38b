import { beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/platform/clock/clock.ts';
import { createLog } from '../../src/platform/log/log.ts';
import { createAudit, deleteLogs, logsAfter } from '../../src/records/logs/logs.ts';
import { freshDatabase } from '../harness/harness.ts';
import { openPasswordWorld, type PasswordWorld } from '../harness/password-world.ts';
import type { LogWire } from '../harness/world.ts';

let world: PasswordWorld;

beforeAll(async () => {
  world = await openPasswordWorld();
});

test('a login, a wrong password and an unknown name are logged with user, address and client', async () => {
  const person = await world.createUser();
  const library = Buffer.from(JSON.stringify({ name: 'my-sdk', version: '1.2.3' })).toString(
    'base64',
  );
  await world.login(person.email, person.password, {
    ip: '192.0.2.7',
    headers: { 'user-agent': 'Tests/1 (iPhone)', 'auth0-client': library },
  });
  await world.login(person.email, 'not the password');
  await world.login('nobody-at-all@example.test', 'not the password');

  const [login] = await world.logs(`q=type:sepft AND user_id:"${person.userId}"`);
  expect(login).toMatchObject({
    type: 'sepft',
    user_id: person.userId,
    user_name: person.email,
    client_id: world.client.id,
    client_name: 'Meadow',
    connection: 'Username-Password-Authentication',
    connection_id: world.connectionId,
    strategy: 'auth0',
    strategy_type: 'database',
    ip: '192.0.2.7',
    user_agent: 'Tests/1 (iPhone)',
    isMobile: true,
    auth0_client: { name: 'my-sdk', version: '1.2.3' },
    hostname: new URL(world.server.url).host,
  });
  expect(login?.log_id).toMatch(/^900\d{17}\d{36}$/);
  expect(await world.logs(`q=type:fp AND user_name:${person.email}`)).toHaveLength(1);
  expect(await world.logs('q=type:fu AND user_name:nobody-at-all*')).toHaveLength(1);
  const { body } = await world.server.api<LogWire[]>(
    'GET',
    `/api/v2/users/${encodeURIComponent(person.userId)}/logs`,
  );
  expect(body.map((logWire) => logWire.type).sort()).toEqual(['fp', 'sepft']);
});

test('every write through the API is logged, successful or refused, and reads are not', async () => {
  await world.server.api('POST', '/api/v2/clients', { name: 'Noted' });
  await world.server.api('POST', '/api/v2/clients', { name: 'Refused', nonsense: true });
  await world.server.api('GET', '/api/v2/clients');
  const [done] = await world.logs('q=type:sapi');
  expect(done).toMatchObject({
    description: 'Create a client',
    client_id: world.server.config.bootstrapClient?.id,
    details: {
      request: {
        method: 'post',
        path: '/api/v2/clients',
        body: { name: 'Noted' },
        channel: 'api',
        auth: { strategy: 'jwt' },
      },
      response: { statusCode: 201, body: { name: 'Noted', client_secret: '***' } },
    },
  });
  const [refused] = await world.logs('q=type:fapi');
  expect(refused?.details).toMatchObject({
    request: { body: { name: 'Refused' } },
    response: { statusCode: 400, body: { errorCode: 'invalid_body' } },
  });
  expect(await world.logs('q=description:"List clients"')).toEqual([]);
});

describe('the log', () => {
  test('is paged with totals, sorted, and shows the requested fields', async () => {
    await world.logs('');
    const { body } = await world.server.api<Record<string, unknown> & { logs: LogWire[] }>(
      'GET',
      '/api/v2/logs?per_page=2&page=1&include_totals=true&fields=type,date&sort=date:1',
    );
    expect(body).toMatchObject({ start: 2, limit: 2, length: 2 });
    expect(body.total).toBeGreaterThan(4);
    for (const log of body.logs) expect(Object.keys(log).sort()).toEqual(['date', 'type']);
    const newest = await world.logs('per_page=100');
    const dates = newest.map((logWire) => logWire.date);
    expect(dates).toEqual([...dates].sort().reverse());
  });

  test('is searched by time, by prefix and by exact name', async () => {
    const tomorrow = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10);
    expect(await world.logs(`q=date:[${tomorrow} TO *]`)).toEqual([]);
    expect((await world.logs(`q=date:[2020 TO ${tomorrow}]`)).length).toBeGreaterThan(3);
    expect((await world.logs('search=mead')).length).toBeGreaterThan(0);
    expect(await world.logs('search="mead"')).toEqual([]);
    expect((await world.logs('search=application:"MEADOW" type:fp')).length).toBeGreaterThan(0);
    expect(await world.logs('search=application:"meadow" type:nothing')).toEqual([]);
  });

  test.each([
    ['q=nonsense:1', 400],
    ['q=type:(', 400],
    ['search=nonsense:1', 400],
    ['sort=details:1', 400],
    ['page=10&per_page=100', 400],
    ['from=abc', 400],
    ['fields=password', 400],
    ['unknown=1', 400],
  ])('refuses %s', async (query, status) => {
    expect((await world.server.api('GET', `/api/v2/logs?${query}`)).status).toBe(status);
  });

  test('names an unknown field as it was typed', async () => {
    const { body } = await world.server.api<{ message: string }>(
      'GET',
      '/api/v2/logs?search=toString:1',
    );
    expect(body.message).toContain('toString is not a searchable field');
    expect(body.message).not.toContain('native code');
  });

  test('returns one entry by its id, and 404 for another', async () => {
    const [one] = await world.logs('per_page=1');
    const found = await world.server.api<LogWire>('GET', `/api/v2/logs/${one?.log_id}`);
    expect(found.body).toEqual(one);
    const missing = await world.server.api('GET', '/api/v2/logs/90020200101');
    expect([missing.status, missing.body]).toEqual([
      404,
      { statusCode: 404, error: 'Not Found', message: 'Log not found.' },
    ]);
  });
});

test('a checkpoint reader misses and repeats nothing while two nodes with different clocks write', async () => {
  const { db } = await freshDatabase();
  const log = createLog('silent');
  const early = createAudit({ db, clock: { ...systemClock, now: () => new Date() }, log });
  const late = createAudit({
    db,
    clock: { ...systemClock, now: () => new Date(Date.now() + 90_000) },
    log,
  });
  const seen: string[] = [];
  let afterId = '';
  let isDone = false;
  const follow = (async () => {
    for (;;) {
      const last = isDone;
      const page = await logsAfter(db, { afterId, limit: 37 });
      seen.push(...page.map((logEntry) => logEntry.userName ?? ''));
      afterId = page.at(-1)?.logId ?? afterId;
      if (page.length === 0 && last) return;
      if (page.length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    }
  })();
  for (let n = 0; n < 60; n++) {
    for (let i = 0; i < 20; i++) early.record({ type: 's', userName: `early ${n} ${i}` });
    for (let i = 0; i < 20; i++) late.record({ type: 's', userName: `late ${n} ${i}` });
    await Promise.all([early.flush(), late.flush()]);
  }
  await Promise.all([early.close(), late.close()]);
  isDone = true;
  await follow;
  expect(seen).toHaveLength(2400);
  expect(new Set(seen).size).toBe(2400);
});

test('a sweep deletes expired entries in batches', async () => {
  const { db } = await freshDatabase();
  let now = new Date('2026-01-01T00:00:00Z');
  const audit = createAudit({
    db,
    clock: { ...systemClock, now: () => now },
    log: createLog('silent'),
  });
  for (let n = 0; n < 10; n++) audit.record({ type: 's', userName: 'old' });
  now = new Date('2026-03-01T00:00:00Z');
  audit.record({ type: 's', userName: 'new' });
  await audit.close();
  const before = new Date('2026-02-01T00:00:00Z');
  expect(await deleteLogs(db, { before, limit: 7 })).toBe(7);
  expect(await deleteLogs(db, { before, limit: 7 })).toBe(3);
  expect(await logsAfter(db, { afterId: '', limit: 10 })).toMatchObject([{ userName: 'new' }]);
});
