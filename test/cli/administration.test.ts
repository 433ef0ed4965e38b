import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openAdministration } from '../../src/app.ts';
import { readConfig } from '../../src/config/config.ts';
import { openDatabase } from '../../src/platform/db/db.ts';
import { copyDatabase, EMBEDDED_FOLDER } from '../harness/database.ts';

test('usher admin releases a database that it can’t use', async () => {
  const copy = await copyDatabase();
  const options = { url: copy.url, dataDir: join(copy.dataDir, EMBEDDED_FOLDER) };
  const database = await openDatabase(options);
  await database.execute(`insert into migrations (name) values ('9999-of-a-newer-version.sql')`);
  await database.close();
  const read = readConfig({ DATABASE_URL: copy.url, DATA_DIR: copy.dataDir });
  if (read.kind === 'wrong') throw new Error(read.problems.join(' '));
  await expect(openAdministration(read.config)).rejects.toThrow('9999-of-a-newer-version.sql');
  // The embedded database would still be locked, and a PostgreSQL database with open connections cannot be dropped.
  await (await openDatabase(options)).close();
  await copy.drop();
});
