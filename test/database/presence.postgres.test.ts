import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { expect, test } from 'vitest';
import { createPresence } from '../../src/platform/db/presence.ts';
import { copyDatabase } from '../harness/database.ts';

test('a recovered database is noticed while an older query still hangs', async () => {
  const { url } = await copyDatabase();
  const target = new URL(url ?? '');
  const silent: Socket[] = [];
  // The first two queries never get an answer, and later ones get through.
  const server = createServer((near) => {
    near.on('error', () => {});
    if (silent.length < 2) {
      near.resume();
      return silent.push(near);
    }
    const far = connect(Number(target.port), target.hostname);
    far.on('error', () => {});
    near.pipe(far).pipe(near);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  target.hostname = '127.0.0.1';
  const back = new URL(target);
  back.port = String((server.address() as AddressInfo).port);

  const returned = Promise.withResolvers<void>();
  let absences = 0;
  const presence = createPresence({
    url: back.href,
    listener: { left: () => absences++, returned: () => returned.resolve() },
  });
  expect(await presence.ask()).toBe(false);
  expect(() => presence.check()).toThrow('cannot be reached');
  await returned.promise;
  expect(silent[1]?.destroyed).toBe(false);
  await once(silent[1] as Socket, 'close');
  presence.check();
  expect(absences).toBe(1);
  await presence.close();
  server.close();
});
