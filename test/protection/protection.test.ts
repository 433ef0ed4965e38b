import { beforeAll, describe, expect, test } from 'vitest';
import { atOnce } from '../harness/factories.ts';
import { openPasswordWorld, type PasswordWorld } from '../harness/password-world.ts';
import { plainBrowser } from '../harness/plain-browser.ts';
import { linkIn } from '../harness/smtp-sink.ts';

let world: PasswordWorld;

beforeAll(async () => {
  world = await openPasswordWorld();
});

const BRUTE_FORCE = '/api/v2/attack-protection/brute-force-protection';
const SUSPICIOUS_IP = '/api/v2/attack-protection/suspicious-ip-throttling';

async function set(path: string, body: unknown): Promise<void> {
  const answer = await world.server.api('PATCH', path, body);
  expect(answer.status, answer.text).toBe(200);
}

async function wrongly(times: number, email: string, ip: string): Promise<number[]> {
  const statuses = [];
  for (let n = 0; n < times; n++) {
    statuses.push((await world.login(email, `wrong ${n}`, { ip })).status);
  }
  return statuses;
}

const blocksOf = async (email: string) =>
  (
    await world.server.api<{ blocked_for: unknown[] }>(
      'GET',
      `/api/v2/user-blocks?identifier=${encodeURIComponent(email)}`,
    )
  ).body.blocked_for;

test('the settings are those of a new tenant, and changed settings are kept', async () => {
  const get = async (name: string) =>
    (await world.server.api('GET', `/api/v2/attack-protection/${name}`)).body;
  expect(await get('brute-force-protection')).toEqual({
    enabled: true,
    shields: ['block', 'user_notification'],
    mode: 'count_per_identifier_and_ip',
    allowlist: [],
    max_attempts: 10,
  });
  expect(await get('suspicious-ip-throttling')).toEqual({
    enabled: true,
    shields: ['block'],
    allowlist: [],
    stage: {
      'pre-login': { max_attempts: 100, rate: 864_000 },
      'pre-user-registration': { max_attempts: 50, rate: 1200 },
      'pre-custom-token-exchange': { max_attempts: 10, rate: 600_000 },
    },
  });
  await set(SUSPICIOUS_IP, {
    stage: { 'pre-user-registration': { max_attempts: 7, rate: 5 } },
  });
  expect(await get('suspicious-ip-throttling')).toMatchObject({
    stage: {
      'pre-login': { max_attempts: 100, rate: 864_000 },
      'pre-user-registration': { max_attempts: 7, rate: 5 },
    },
  });
  await set(SUSPICIOUS_IP, {
    stage: { 'pre-user-registration': { max_attempts: 50, rate: 1200 } },
  });
  for (const body of [
    { max_attempts: 0 },
    { shields: ['nonsense'] },
    { allowlist: ['not an address'] },
    { unknown: true },
  ]) {
    expect((await world.server.api('PATCH', BRUTE_FORCE, body)).status).toBe(400);
  }
  expect((await world.server.api('GET', '/api/v2/attack-protection/bot-detection')).body).toEqual({
    statusCode: 403,
    error: 'Forbidden',
    message: 'Please upgrade your subscription to use bot detection',
    errorCode: 'insufficient_entitlement',
  });
});

describe('after the allowed number of wrong passwords', () => {
  test('the account is blocked for that address until an operator lifts the block', async () => {
    const person = await world.createUser();
    await set(BRUTE_FORCE, { max_attempts: 3 });
    expect(await wrongly(3, person.email, '192.0.2.30')).toEqual([403, 403, 403]);
    const shut = await world.login(person.email, person.password, { ip: '192.0.2.30' });
    expect([shut.status, shut.body.error]).toEqual([429, 'too_many_attempts']);
    const elsewhere = await world.login(person.email, person.password, { ip: '192.0.2.31' });
    expect(elsewhere.status).toBe(200);
    expect((await world.login(person.email, person.password, { ip: '192.0.2.30' })).status).toBe(
      429,
    );

    const block = {
      identifier: person.email,
      ip: '192.0.2.30',
      connection: 'Username-Password-Authentication',
    };
    expect(await blocksOf(person.email)).toEqual([block]);
    const byId = `/api/v2/user-blocks/${encodeURIComponent(person.userId)}`;
    expect((await world.server.api('GET', byId)).body).toEqual({ blocked_for: [block] });
    expect((await world.server.api('DELETE', byId)).status).toBe(204);
    expect(await blocksOf(person.email)).toEqual([]);
    expect((await world.login(person.email, person.password, { ip: '192.0.2.30' })).status).toBe(
      200,
    );
    const types = (await world.logs(`q=user_name:${person.email}`)).map((log) => log.type);
    expect(types).toContain('limit_wc');
    expect(types).toContain('ublkdu');
  });

  test('its owner gets a mail with a link whose button lifts the block once', async () => {
    const person = await world.createUser();
    await set(BRUTE_FORCE, { max_attempts: 2 });
    await wrongly(2, person.email, '192.0.2.40');
    const mail = await world.server.sink.waitForMail(person.email);
    expect(mail.mail.subject).toContain('was blocked');
    expect(mail.mail.text).toContain('192.0.2.40');
    const link = linkIn(mail);
    const login = () => world.login(person.email, person.password, { ip: '192.0.2.40' });
    const browser = plainBrowser();
    expect((await browser.open(link)).status).toBe(200);
    expect((await login()).status).toBe(429);
    const answers = await Promise.allSettled(
      Array.from({ length: 8 }, () => plainBrowser().submit(link, {})),
    );
    const done = answers.flatMap((answer) =>
      answer.status === 'fulfilled' && answer.value.status === 303 ? [answer.value] : [],
    );
    expect(done).toHaveLength(1);
    expect(done[0]?.headers.get('location')).toMatch(/^\/u\/done\?what=unblocked/);
    expect((await login()).status).toBe(200);
    expect((await browser.open(link)).status).toBe(410);
  });

  test('an unknown account is blocked alike, and its name lifts the block', async () => {
    await set(BRUTE_FORCE, { max_attempts: 2 });
    const email = 'nobody@example.test';
    expect(await wrongly(3, email, '192.0.2.50')).toEqual([403, 403, 429]);
    expect(await blocksOf(email.toUpperCase())).toHaveLength(1);
    const path = `/api/v2/user-blocks?identifier=${email}`;
    expect((await world.server.api('DELETE', path)).status).toBe(204);
    expect(await wrongly(1, email, '192.0.2.50')).toEqual([403]);
  });

  test('every address is blocked if addresses do not count separately', async () => {
    const person = await world.createUser();
    await set(BRUTE_FORCE, { max_attempts: 2, mode: 'count_per_identifier' });
    await wrongly(1, person.email, '192.0.2.61');
    await wrongly(1, person.email, '192.0.2.62');
    expect((await world.login(person.email, person.password, { ip: '192.0.2.63' })).status).toBe(
      429,
    );
    const [block] = await blocksOf(person.email);
    expect(block).not.toHaveProperty('ip');
    await set(BRUTE_FORCE, { mode: 'count_per_identifier_and_ip' });
  });

  test('a listed network and a disabled protection block nobody', async () => {
    const person = await world.createUser();
    await set(BRUTE_FORCE, { max_attempts: 1, allowlist: ['192.0.2.64/28'] });
    expect(await wrongly(3, person.email, '192.0.2.70')).toEqual([403, 403, 403]);
    expect(await wrongly(2, person.email, '192.0.2.80')).toEqual([403, 429]);
    await set(BRUTE_FORCE, { enabled: false });
    const query = `identifier=${person.email}&consider_brute_force_enablement=true`;
    const { body } = await world.server.api('GET', `/api/v2/user-blocks?${query}`);
    expect(body).toEqual({ blocked_for: [] });
    expect(await wrongly(1, person.email, '192.0.2.80')).toEqual([403]);
    await set(BRUTE_FORCE, { enabled: true, allowlist: [], max_attempts: 10 });
  });

  test('simultaneous attempts succeed no more often than sequential ones', async () => {
    const person = await world.createUser();
    await set(BRUTE_FORCE, { max_attempts: 5 });
    const answers = await atOnce(16, (n) => world.login(person.email, `wrong ${n}`));
    expect(answers.filter(({ status }) => status === 403)).toHaveLength(5);
    expect(await blocksOf(person.email)).toHaveLength(1);
    await set(BRUTE_FORCE, { max_attempts: 10 });
  });
});

test('an address with too many attempts is refused, shown by the API, and released on request', async () => {
  const person = await world.createUser();
  await set(SUSPICIOUS_IP, { stage: { 'pre-login': { max_attempts: 3, rate: 3_600_000 } } });
  const ip = '192.0.2.90';
  const check = async () =>
    (await world.server.api('GET', `/api/v2/anomaly/blocks/ips/${ip}`)).status;
  expect(await check()).toBe(404);
  for (let n = 0; n < 3; n++) await wrongly(1, `victim-${n}@example.test`, ip);
  const refused = await world.login(person.email, person.password, { ip });
  expect(refused.status).toBe(429);
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(3000);
  expect(Number(refused.headers.get('retry-after'))).toBeLessThanOrEqual(3600);
  expect(await check()).toBe(200);
  expect((await world.server.api('DELETE', `/api/v2/anomaly/blocks/ips/${ip}`)).status).toBe(204);
  expect(await check()).toBe(404);
  expect((await world.login(person.email, person.password, { ip })).status).toBe(200);
  expect((await world.server.api('GET', '/api/v2/anomaly/blocks/ips/nonsense')).status).toBe(400);
  await set(SUSPICIOUS_IP, { stage: { 'pre-login': { max_attempts: 100, rate: 864_000 } } });
});

test('sign-ups from one address follow the configured rate', async () => {
  await set(SUSPICIOUS_IP, {
    stage: { 'pre-user-registration': { max_attempts: 2, rate: 3_600_000 } },
  });
  const signUp = async (n: number) => {
    const answer = await fetch(`${world.server.url}/dbconnections/signup`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-forwarded-for': '192.0.2.99' },
      body: JSON.stringify({
        client_id: world.client.id,
        connection: 'Username-Password-Authentication',
        email: `signs-up-${n}@example.test`,
        password: 'Harbour-Canal-78',
      }),
    });
    return answer.status;
  };
  expect([await signUp(1), await signUp(2), await signUp(3)]).toEqual([200, 200, 429]);
});

test('a breached password is logged, and refused if the settings say so', async () => {
  const path = '/api/v2/attack-protection/breached-password-detection';
  const made = await world.server.api<{ id: string }>('POST', '/api/v2/connections', {
    name: 'lenient',
    strategy: 'auth0',
    options: { passwordPolicy: 'none' },
  });
  expect(made.status, made.text).toBe(201);
  await world.server.api('PATCH', `/api/v2/connections/${made.body.id}/clients`, [
    { client_id: world.client.id, status: true },
  ]);
  const signUp = async (email: string) => {
    const answer = await fetch(`${world.server.url}/dbconnections/signup`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-forwarded-for': '192.0.2.111' },
      body: JSON.stringify({
        client_id: world.client.id,
        connection: 'lenient',
        email,
        password: 'iloveyou',
      }),
    });
    return answer.status;
  };
  const login = () =>
    world.login('common@example.test', 'iloveyou', { ip: '192.0.2.111', realm: 'lenient' });
  expect(await signUp('common@example.test')).toBe(200);
  expect((await login()).status).toBe(200);
  const stage = { 'pre-user-registration': { shields: ['block'] } };
  await set(path, { enabled: true, stage });
  expect(await signUp('another@example.test')).toBe(400);
  expect((await login()).status).toBe(200);
  await set(path, { shields: ['block'] });
  const refused = await login();
  expect([refused.status, refused.body.error]).toEqual([403, 'password_leaked']);
  const types = (await world.logs('q=type:(pwd_leak OR signup_pwd_leak)')).map((log) => log.type);
  expect(types.sort()).toEqual(['pwd_leak', 'pwd_leak', 'signup_pwd_leak']);
});
