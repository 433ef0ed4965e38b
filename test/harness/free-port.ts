import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

// Below the ports of outgoing connections, because such a connection could take the port between the check and the use.
const LOWEST = 15_000;
const HIGHEST = 32_000;
// Workers that run at the same time have ports of their own: another one could take a port between the check and the use.
const SLICES = 16;
const SLICE = Math.floor((HIGHEST - LOWEST) / SLICES);
const TRIES = 50;

let next = randomInt(SLICE);

/** Returns a port of the loopback interface that is free at the moment. A test process gets the same one again only after a thousand others. */
export async function freePort(): Promise<number> {
  const worker = Number(process.env.VITEST_POOL_ID ?? 0);
  const lowest = LOWEST + (worker % SLICES) * SLICE;
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const port = lowest + next;
    next = (next + 1) % SLICE;
    if (await isFree(port)) return port;
  }
  throw new Error(`No port was free in ${TRIES} tries.`);
}

function isFree(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const server = createServer();
  server.once('error', () => resolve(false));
  server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  return promise;
}
