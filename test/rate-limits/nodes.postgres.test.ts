import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { openDatabase } from '../../src/platform/db/db.ts';
import { type Bucket, takeTokens } from '../../src/records/rate-limits/rate-limits.ts';
import { copyDatabase } from '../harness/database.ts';
import { startServer } from '../harness/harness.ts';

const REQUESTS = 64;

test('exactly the burst of 64 simultaneous requests on two nodes passes, in every round', async () => {
  const copy = await copyDatabase();
  const nodes = await Promise.all(
    [1, 2].map(() => openDatabase({ url: copy.url, dataDir: '', poolSize: 16 })),
  );
  try {
    for (let round = 0; round < 5; round++) {
      // No token is refilled during this test.
      const bucket: Bucket = { key: randomUUID(), burst: 50, everyMicroseconds: 3_600_000_000 };
      const outcomes = await Promise.all(
        Array.from({ length: REQUESTS }, async (_, index) => {
          const node = nodes[index % 2];
          if (node === undefined) throw new Error('There are two nodes.');
          return (await takeTokens(node.db, [bucket])).taken[0];
        }),
      );
      const taken = outcomes.flatMap((outcome) =>
        outcome?.kind === 'taken' ? [outcome.remaining] : [],
      );
      expect(taken).toHaveLength(50);
      // Each got a token of its own.
      expect(taken.toSorted((a, b) => b - a)).toEqual(Array.from({ length: 50 }, (_, i) => 49 - i));
    }
  } finally {
    for (const node of nodes) await node.close();
    await copy.drop();
  }
});

test('two servers on one database share one burst and its refill', async () => {
  const first = await startServer({ rateLimitProfile: 'seed-paid', role: 'web' });
  const second = await startServer({
    rateLimitProfile: 'seed-paid',
    role: 'web',
    databaseUrl: first.config.databaseUrl,
    // Every node has the same issuer.
    publicUrl: first.url,
  });
  const token = await first.token();
  const began = performance.now();
  const statuses = await Promise.all(
    Array.from({ length: REQUESTS }, async (_, index) => {
      const port = index % 2 === 0 ? first.config.port : second.config.port;
      const answer = await fetch(`http://localhost:${port}/api/v2/clients`, {
        headers: { authorization: `Bearer ${token}` },
      });
      await answer.arrayBuffer();
      return answer.status;
    }),
  );
  const seconds = (performance.now() - began) / 1000;
  const passed = statuses.filter((status) => status === 200).length;
  expect(statuses.filter((status) => status === 429)).toHaveLength(REQUESTS - passed);
  expect(passed).toBeGreaterThanOrEqual(50);
  expect(passed).toBeLessThanOrEqual(Math.min(REQUESTS, 50 + Math.ceil(seconds * 15)));
});
