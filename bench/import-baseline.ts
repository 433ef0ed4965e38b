import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import pg from 'pg';
import { openDatabase } from '../src/platform/db/db.ts';
import { personOf } from './import-people.ts';
import { answerParent } from './kit/child.ts';

// The baseline of import.ts, in its own process: the same columns and values, multi-row INSERT, nothing else.

const ROWS_PER_STATEMENT = 1000;
const COLUMNS =
  'id, connection_id, import_job_id, created_at, updated_at, email, name, nickname, email_verified, given_name, family_name, app_metadata, user_metadata';
const NOW = '2026-01-01T00:00:00.000Z';

type Execute = (text: string) => Promise<unknown>;

async function open(url: string | undefined, dataDir: string): Promise<Execute> {
  if (url !== undefined || !existsSync(join(dataDir, 'db'))) {
    const database = await openDatabase({ url, dataDir: join(dataDir, 'db') });
    await database.migrate();
    await database.execute('create table if not exists baseline (like users including all)');
    await database.close();
  }
  if (url === undefined) {
    const pglite = await PGlite.create(join(dataDir, 'db'));
    return (text) => pglite.exec(text);
  }
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  return (text) => client.query(text);
}

/** Returns a complete statement for these rows. The values are in the text, so that only sending is left. */
function statement(first: number, count: number): string {
  const rows: string[] = [];
  for (let index = first; index < first + count; index++) {
    const person = personOf(index);
    const id = `auth0|${(0x690000000000 + index).toString(16).padStart(24, '0')}`;
    const nickname = person.email.slice(0, person.email.indexOf('@'));
    rows.push(
      `('${id}','con_0123456789abcdef','job_0123456789abcdef','${NOW}','${NOW}','${person.email}','${person.name}','${nickname}',true,'${person.given_name}','${person.family_name}','${JSON.stringify(person.app_metadata)}','${JSON.stringify(person.user_metadata)}')`,
    );
  }
  return `insert into baseline (${COLUMNS}) values ${rows.join(',')}`;
}

const megabytes = () => Math.round(process.memoryUsage.rss() / 1024 ** 2);

const [url = '', dataDir = ''] = process.argv.slice(2);
const execute = await open(url === '' ? undefined : url, dataDir);
const idle = megabytes();

answerParent<{ rows: number }>(async ({ rows }) => {
  await execute('truncate baseline');
  let seconds = 0;
  let processor = 0;
  for (let first = 0; first < rows; first += ROWS_PER_STATEMENT) {
    const text = statement(first, Math.min(ROWS_PER_STATEMENT, rows - first));
    const before = process.cpuUsage();
    const began = performance.now();
    await execute(text);
    seconds += (performance.now() - began) / 1000;
    const used = process.cpuUsage(before);
    processor += (used.user + used.system) / 1_000_000;
  }
  await execute('truncate baseline');
  return {
    seconds,
    processorSeconds: processor,
    idleMegabytes: idle,
    peakMegabytes: null,
  };
});
