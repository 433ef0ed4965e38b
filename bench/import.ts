import { request } from 'node:http';
import { Readable } from 'node:stream';
import { setTimeout } from 'node:timers/promises';
import { peopleFile } from './import-people.ts';
import { againstLimit, below, type Context, type Result, told } from './kit/benchmark.ts';
import { startChild } from './kit/child.ts';
import { type Server, startServer } from './kit/server.ts';

type Job = {
  id: string;
  status: string;
  summary?: { inserted: number; failed: number; total: number };
};

type Imported = {
  seconds: number;
  /** Of the server's process, or of the inserting one. It is reliable on a busy machine too. */
  processorSeconds: number | null;
  /** Peak memory of the server's start. */
  startMegabytes?: number | null;
  /** Memory before the work. */
  idleMegabytes: number | null;
  /** Peak memory of the work. */
  peakMegabytes: number | null;
};

const MEMORY_AIM_MB = 350;
const SETTLING_MS = 5000;

/** Measures imports through the API, next to INSERT alone into a table with the same columns and indexes. */
export async function run(context: Context): Promise<Result[]> {
  const results: Result[] = [];
  for (const rows of context.sizes.importRows) {
    const what = `import of ${rows.toLocaleString('en-US')} rows`;
    context.say(what);
    const ours = await importPeople(context, rows);
    context.say(`${rows} rows with INSERT alone`);
    const alone = await insertAlone(context, rows);
    const details = { rows, ...ours, baseline: alone };
    results.push(
      againstLimit(
        {
          what,
          unit: 'rows/s',
          ours: rows / ours.seconds,
          limit: rows / alone.seconds,
          limitIs: 'INSERT of 1000 rows',
          details,
        },
        { atLeast: 0.5 },
      ),
    );
    if (ours.peakMegabytes === null || ours.idleMegabytes === null) continue;
    results.push(
      below({ what: `${what}: peak memory`, unit: 'MB', ours: ours.peakMegabytes }, MEMORY_AIM_MB),
      told({ what: `${what}: memory before`, unit: 'MB', ours: ours.idleMegabytes }),
    );
    if (context.kind === 'embedded' && alone.idleMegabytes !== null) {
      const what = 'PGlite alone, memory at rest';
      results.push(told({ what, unit: 'MB', ours: alone.idleMegabytes }));
    }
  }
  return results;
}

async function importPeople(context: Context, rows: number): Promise<Imported> {
  const place = await context.newPlace();
  // The very first start creates the embedded database, which takes a gigabyte once. This benchmark does not measure that.
  if (context.kind === 'embedded') await (await startServer(place)).stop();
  const server = await startServer(place, { profiles: context.profiles });
  try {
    const [connection] = await server.api<{ id: string }[]>('GET', '/api/v2/connections');
    // V8 optimizes PGlite in the background right after the start, which takes half a gigabyte for a second.
    if (context.kind === 'embedded') await setTimeout(SETTLING_MS);
    const startMegabytes = await server.peakMegabytes();
    if (context.kind === 'embedded') await server.forgetPeak();
    const idleMegabytes = await server.peakMegabytes();
    const processorBefore = await server.processorSeconds();
    const began = performance.now();
    const { id } = await upload(server, connection?.id ?? '', rows);
    const job = await ended(server, id);
    const seconds = (performance.now() - began) / 1000;
    if (job.status !== 'completed' || job.summary?.inserted !== rows) {
      throw new Error(`The import went wrong: ${JSON.stringify(job)}`);
    }
    const processorAfter = await server.processorSeconds();
    return {
      seconds,
      processorSeconds:
        processorAfter === null || processorBefore === null
          ? null
          : processorAfter - processorBefore,
      startMegabytes,
      idleMegabytes,
      peakMegabytes: await server.peakMegabytes(),
    };
  } finally {
    await server.stop();
  }
}

/** Uploads multipart/form-data whose file is generated while it is sent. */
async function upload(server: Server, connectionId: string, rows: number): Promise<Job> {
  const boundary = 'a-boundary-that-is-in-no-row';
  function* body() {
    yield Buffer.from(
      `--${boundary}\r\nContent-Disposition: form-data; name="connection_id"\r\n\r\n${connectionId}\r\n--${boundary}\r\nContent-Disposition: form-data; name="users"; filename="users.json"\r\nContent-Type: application/json\r\n\r\n`,
    );
    yield* peopleFile(rows);
    yield Buffer.from(`\r\n--${boundary}--\r\n`);
  }
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const sending = request(
    `${server.url}/api/v2/jobs/users-imports`,
    {
      method: 'POST',
      headers: {
        authorization: `Bearer ${server.token()}`,
        'content-type': `multipart/form-data; boundary=${boundary}`,
      },
    },
    (answer) => {
      let text = '';
      answer.setEncoding('utf8');
      answer.on('data', (chunk: string) => {
        text += chunk;
      });
      answer.on('end', () =>
        answer.statusCode === 202
          ? resolve(text)
          : reject(new Error(`${answer.statusCode} ${text}`)),
      );
    },
  );
  sending.on('error', reject);
  Readable.from(body()).pipe(sending);
  return JSON.parse(await promise);
}

async function ended(server: Server, id: string): Promise<Job> {
  for (;;) {
    const job = await server.api<Job>('GET', `/api/v2/jobs/${id}`);
    if (job.status === 'completed' || job.status === 'failed') return job;
    await setTimeout(100);
  }
}

async function insertAlone(context: Context, rows: number): Promise<Imported> {
  const place = await context.newPlace();
  const args = [place.url ?? '', place.dataDir];
  if (context.kind === 'embedded') {
    // As above: one process creates the database, and another is measured.
    const maker = startChild('import-baseline.ts', args);
    await maker.ask({ rows: 0 });
    await maker.stop();
  }
  const child = startChild('import-baseline.ts', args);
  try {
    return await child.ask<Imported>({ rows });
  } finally {
    await child.stop();
  }
}
