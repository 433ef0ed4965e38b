import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { hash } from '@node-rs/bcrypt';
import { beforeAll, expect, test } from 'vitest';
import { logIn } from '../../src/flows/log-in/log-in.ts';
import { systemClock } from '../../src/platform/clock/clock.ts';
import { costOfImported } from '../../src/platform/password-hash/password-hash.ts';
import { findConnection } from '../../src/records/connections/connections.ts';
import { finishedJob, uploadUsers } from '../harness/imports.ts';
import { openPasswordWorld, type PasswordWorld } from '../harness/password-world.ts';

let world: PasswordWorld;
let hash12: string;

const PASSWORD = 'correct horse battery staple';
const BCRYPT_12_MS = 2 ** 12 / 17.5;
const BCRYPT_14_MS = 2 ** 14 / 17.5;
const ROOMY_MS = 101;

beforeAll(async () => {
  world = await openPasswordWorld();
  hash12 = await hash(PASSWORD, 12);
});

const row = (email: string, password_hash?: string) => ({
  email,
  ...(password_hash && { password_hash }),
});

async function imported(rows: object[], fields: Record<string, string> = {}) {
  const { body } = await uploadUsers(world.server, world.connectionId, rows as never, fields);
  return finishedJob(world.server, body.id);
}

async function costliest(): Promise<number | null> {
  const { rows } = await world.server.app.database.execute(
    `select costliest_ms from password_costs where connection_id = '${world.connectionId}'`,
  );
  return (rows[0]?.costliest_ms as number | undefined) ?? null;
}

/** Returns a user whose hash counts as costly because of its memory, and takes little time. */
function roomy(email: string) {
  const value = `$argon2id$v=19$m=66000,t=1,p=1$${'A'.repeat(22)}$${'A'.repeat(43)}`;
  return { email, custom_password_hash: { algorithm: 'argon2', hash: { value } } };
}

async function forgetCostliest(): Promise<void> {
  await world.server.app.database.execute('delete from password_costs');
}

/** Tries a password, and tells how long after its beginning the answer comes, or would have come. */
async function answerAfter(email: string, password: string, { waits }: { waits: boolean }) {
  const connection = await findConnection(world.server.app.deps.db, world.connectionId);
  if (!connection) throw new Error('There is no user store.');
  const began = performance.now();
  let afterMs = 0;
  const pause = async (ms: number) => {
    afterMs = performance.now() - began + ms;
    if (waits) await systemClock.pause(ms);
  };
  const { kind } = await logIn(
    { ...world.server.app.deps, clock: { ...systemClock, pause } },
    { connection, identifier: email, password, ip: '192.0.2.9', clientId: world.client.id },
  );
  return { kind, afterMs };
}

test('a wrong password takes as long as the costliest imported hash of the connection, and nothing else raises that', async () => {
  await world.createUser();
  await imported([row('plain@cost.test')]);
  expect(await costliest()).toBeNull();

  await imported([row('dry@cost.test', hash12)], { dry_run: 'true' });
  expect(await costliest()).toBeNull();
  // A hash that is not imported has no cost.
  await imported([row('over@cost.test', hash12.replace('$12$', '$15$'))]);
  expect(await costliest()).toBeNull();

  await imported([row('a@cost.test', hash12)]);
  expect(await costliest()).toBe(Math.ceil(BCRYPT_12_MS));
  // A refused row brings no hash.
  await imported([row('a@cost.test', hash12.replace('$12$', '$14$'))]);
  expect(await costliest()).toBe(Math.ceil(BCRYPT_12_MS));
  const value = hash12.replace('$12$', '$14$');
  const custom = { algorithm: 'bcrypt', hash: { value, encoding: 'utf8' } };
  const upserted = { email: 'plain@cost.test', custom_password_hash: custom };
  await imported([upserted], { upsert: 'true' });
  expect(await costliest()).toBe(Math.ceil(BCRYPT_14_MS));
  await imported([row('c@cost.test', hash12)]);
  expect(await costliest()).toBe(Math.ceil(BCRYPT_14_MS));
});

test('the migration and the server estimate existing hashes alike', async () => {
  const zeros = (bytes: number) => Buffer.alloc(bytes).toString('base64').replace(/=+$/, '');
  const kinds = [
    { algorithm: 'pbkdf2', hash: { value: `$pbkdf2-sha256$i=600000,l=32$c2FsdA$${zeros(32)}` } },
    {
      algorithm: 'argon2',
      hash: { value: `$argon2id$v=19$m=131072,t=3,p=1$${zeros(16)}$${zeros(32)}` },
    },
    {
      algorithm: 'scrypt',
      keylen: 32,
      cost: 65536,
      hash: { value: '00'.repeat(32), encoding: 'hex' },
    },
    { algorithm: 'sha256', hash: { value: '00'.repeat(32), encoding: 'hex' } },
  ];
  const { execute } = world.server.app.database;
  const migration = await readFile('migrations/0031-costs-of-hashes.sql', 'utf8');
  const inner = migration.slice(
    migration.indexOf('    select u.connection_id,'),
    migration.indexOf('  ) as costs'),
  );
  for (const [n, kind] of kinds.entries()) {
    const email = `before-${n}@cost.test`;
    const job = await imported([{ email, custom_password_hash: kind }]);
    expect(job.summary).toMatchObject({ inserted: 1 });
    const { rows } = await execute(`${inner} and u.email = '${email}'`);
    expect(Math.ceil(Number(rows[0]?.ms))).toBe(costOfImported(kind as never));
  }
  await execute('delete from password_costs');
  await execute(migration.slice(migration.indexOf('insert into')));
  expect(await costliest()).toBe(Math.ceil(BCRYPT_14_MS));
});

test('verifications over the limit are refused alike for everybody, and a known ordinary password still logs in', async () => {
  const ours = await world.createUser();
  await forgetCostliest();
  const costly = Array.from({ length: 30 }, (_, n) => roomy(`costly-${n}@many.test`));
  await imported(costly);
  const refused = costly.map(({ email }, n) =>
    world.login(email, 'wrong', { ip: `192.0.2.${100 + n}` }),
  );
  const [right, wrong, nobody] = await Promise.all([
    world.login(ours.email, ours.password, { ip: '192.0.2.1' }),
    world.login(ours.email, 'wrong', { ip: '192.0.2.2' }),
    world.login('nobody@many.test', 'wrong', { ip: '192.0.2.3' }),
  ]);
  const answers = await Promise.all(refused);
  const busy = answers.filter(({ status }) => status === 503);
  expect(busy.length).toBeGreaterThan(0);
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([403, 503]));
  for (const { body, headers } of [...busy, wrong, nobody]) {
    expect(body.error).toBe('temporarily_unavailable');
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
  }
  expect(right.status).toBe(200);
});

test('a login in the queue waits as long whether or not there was a hash to verify', async () => {
  await forgetCostliest();
  await imported([roomy('roomy@queue.test')]);
  const lastOf = async (count: number, name: string) => {
    const tries = Array.from({ length: count }, () =>
      answerAfter(`${name}@queue.test`, 'wrong', { waits: true }),
    );
    return Math.max(...(await Promise.all(tries)).map(({ afterMs }) => afterMs));
  };
  // The slots of this machine, and a queue of three.
  const count = Math.max(1, Math.min(3, Math.floor(availableParallelism() / 2))) * 4;
  for (const name of ['nobody', 'roomy']) {
    expect(await lastOf(count, name), name).toBeGreaterThan(4 * ROOMY_MS);
  }
});

// Last, because no login here waits for the reserved slots.
test('a refusal takes as long for an unknown user, no password, any hash, a blocked user and a correct password', async () => {
  const ours = await world.createUser();
  const blocked = await world.createUser();
  await world.server.api('PATCH', `/api/v2/users/${blocked.userId}`, { blocked: true });
  await imported([
    row('none@late.test'),
    row('twelve@late.test', hash12),
    row('fourteen@late.test', hash12.replace('$12$', '$14$')),
    row('known@late.test', await hash('password1', 4)),
  ]);
  const protection = '/api/v2/attack-protection/breached-password-detection';
  const shield = (shields: string[]) =>
    world.server.api('PATCH', protection, { enabled: shields.length > 0, shields });
  await shield(['block']);
  const now = { waits: false };
  const answers = [
    await answerAfter('nobody@late.test', 'x', now),
    await answerAfter('none@late.test', 'x', now),
    await answerAfter('twelve@late.test', 'x', now),
    await answerAfter(ours.email, 'x', now),
    await answerAfter(blocked.email, blocked.password, now),
    await answerAfter('known@late.test', 'password1', now),
  ];
  await shield([]);
  expect(answers.map(({ kind }) => kind)).toEqual([
    'wrong',
    'wrong',
    'wrong',
    'wrong',
    'blocked',
    'leaked',
  ]);
  for (const { afterMs } of answers) expect(afterMs).toBeGreaterThan(BCRYPT_14_MS);
});
