import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { eventually } from '../harness/harness.ts';
import { importPeople, startKillableServer } from './killable-server.ts';

const PEOPLE = Number(process.env.CRASH_PEOPLE ?? 20_000);

test(
  `an export of ${PEOPLE} users is complete after a kill -9 midway`,
  async () => {
    const server = await startKillableServer();
    try {
      const connectionId = await importPeople(server, PEOPLE);
      const begun = await server.api<{ id: string }>('/jobs/users-exports', {
        method: 'POST',
        body: { connection_id: connectionId, format: 'json' },
      });
      const pieces = `select count(*)::int as n from export_chunks where job_id = '${begun.id}'`;
      await server.kill();
      const [before] = await server.inspect(pieces);
      expect(before?.n).toBeLessThan(PEOPLE / 1000);
      await server.start();
      const job = await eventually(
        async () => {
          const job = await server.api<{ status: string; location?: string }>(`/jobs/${begun.id}`);
          return job.status === 'completed' ? job : undefined;
        },
        { seconds: 120, what: 'the export' },
      );
      const file = await fetch(job.location ?? '');
      const text = gunzipSync(Buffer.from(await file.arrayBuffer())).toString('utf8');
      const emails = text
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line).email);
      expect(emails).toHaveLength(PEOPLE);
      expect(new Set(emails).size).toBe(PEOPLE);
    } finally {
      await server.close();
    }
  },
  10 * 60_000,
);
