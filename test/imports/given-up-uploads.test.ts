import { expect, test } from 'vitest';
import { abandonImport, beginImport } from '../../src/flows/import-users/import-users.ts';
import { systemClock } from '../../src/platform/clock/clock.ts';
import { findJob, markStored } from '../../src/records/jobs/jobs.ts';
import { freshDatabase } from '../harness/harness.ts';

test('an upload can be cancelled until it is a job, which stays', async () => {
  const { db } = await freshDatabase();
  const deps = { db, clock: systemClock };
  const [upload, job] = [await beginImport(deps), await beginImport(deps)];
  await markStored(db, {
    jobId: job,
    status: 'pending',
    connectionId: 'con_a',
    connectionName: 'a',
    externalId: null,
    idempotencyKey: null,
    requestDigest: null,
    request: {},
    totalRows: 1,
    statusDetails: null,
    now: new Date(),
  });
  for (const id of [upload, job]) await abandonImport(deps, id);
  expect(await findJob(db, upload)).toBeNull();
  expect((await findJob(db, job))?.status).toBe('pending');
});
