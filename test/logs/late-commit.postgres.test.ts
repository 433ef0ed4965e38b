import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { systemClock } from '../../src/platform/clock/clock.ts';
import { createLog } from '../../src/platform/log/log.ts';
import { createAudit, logsAfter } from '../../src/records/logs/logs.ts';
import { freshDatabase } from '../harness/harness.ts';

test('an entry written during another uncommitted write comes after it', async () => {
  const { db } = await freshDatabase();
  const audit = createAudit({ db, clock: systemClock, log: createLog('silent') });
  const { promise: mayCommit, resolve: commit } = Promise.withResolvers<void>();
  const { promise: hasWritten, resolve: written } = Promise.withResolvers<void>();
  const slow = db.transaction().execute(async (tx) => {
    const inside = createAudit({ db: tx, clock: systemClock, log: createLog('silent') });
    inside.record({ type: 's', userName: 'slow' });
    await inside.close();
    written();
    await mayCommit;
  });
  await hasWritten;
  audit.record({ type: 's', userName: 'fast' });
  const closed = audit.close();
  // Both have their turn: the second waits for the first, so it can't be seen before it.
  await sql`select pg_sleep(0.5)`.execute(db);
  expect(await logsAfter(db, { afterId: '', limit: 10 })).toEqual([]);
  commit();
  await Promise.all([slow, closed]);
  const names = (await logsAfter(db, { afterId: '', limit: 10 })).map(
    (logEntry) => logEntry.userName,
  );
  expect(names).toEqual(['slow', 'fast']);
});
