import { symbols } from 'pino';
import { beforeAll, expect, test } from 'vitest';
import type { Client } from '../../src/records/clients/clients.ts';
import { markConnectionDeleted } from '../../src/records/connections/connections.ts';
import { aVisitor, headlineOf, textOf } from '../harness/visitor.ts';
import { openStillWorld, type StillWorld } from '../harness/world.ts';

const lines: { code?: string; clientId?: string | null; id?: string; msg: string }[] = [];
let world: StillWorld;
let client: Client;

beforeAll(async () => {
  world = await openStillWorld({ logLevel: 'warn' });
  const { log } = world.server.app.deps;
  Reflect.set(Reflect.get(log, symbols.streamSym), 'write', (line: string) =>
    lines.push(JSON.parse(line)),
  );
  const connection = await world.aConnection();
  client = await world.aClient(connection, { name: 'Lonely Notes' });
  await markConnectionDeleted(world.db, connection.id, world.clock.now());
});

test.each([
  '/u/login',
  '/u/signup',
  '/u/reset-password/request',
])('%s of an application without a connection says that only the operator can help, and the log gives the cause', async (path) => {
  lines.length = 0;
  const visitor = aVisitor(world);
  const page = await visitor.get(`${path}?state=${await world.beginLogin(visitor, client.id)}`);
  expect([page.status, headlineOf(page)]).toEqual([400, 'Nobody can log in here yet']);
  expect(textOf(page)).toContain('Tell the people who run the application');
  const [line] = lines;
  expect(line).toMatchObject({ code: 'no_connection', clientId: client.id });
  expect(line?.msg).toContain(`application ${client.id} has no connection to log in with`);
  expect(textOf(page)).toContain(line?.id);
});

test('a reset without an application and a default connection is refused in the same words', async () => {
  lines.length = 0;
  const page = await aVisitor(world).get('/u/reset-password/request');
  expect([page.status, headlineOf(page)]).toEqual([400, 'Nobody can log in here yet']);
  expect(lines).toMatchObject([{ code: 'no_connection', clientId: null }]);
});
