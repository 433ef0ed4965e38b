import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Config } from '../../config/config.ts';
import { readKeptSecret } from '../../platform/data-folder/data-folder.ts';
import { openDatabase } from '../../platform/db/db.ts';
import { describeStartProblem } from '../../platform/start-problem/start-problem.ts';
import { countLateTasks } from '../../platform/tasks/tasks.ts';
import { counted } from '../words.ts';
import { compareClocks, type Finding, messageOf, withTimeout } from './finding.ts';

/** Checks the version of Node. The server needs 24 or newer. */
export function checkNode(version: string): Finding {
  const major = Number(/^v?(\d+)/.exec(version)?.[1]);
  return major >= 24
    ? { what: 'Node', state: 'good', found: version }
    : {
        what: 'Node',
        state: 'bad',
        found: `${version} is too old`,
        advice: 'Use Node 24, or start with the npm scripts, which include it.',
      };
}

/** Checks the folder of the embedded database and the secret. Writes nothing and creates nothing. */
export async function checkDataFolder({ dataDir, secret }: Config): Promise<Finding> {
  const what = 'Data folder';
  const advice = 'Set DATA_DIR to a folder in which the user of the server can write.';
  try {
    const found = await stat(dataDir).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return null;
      throw error;
    });
    if (found === null) {
      await access(await nearestFolder(dataDir), constants.W_OK | constants.X_OK);
      return { what, state: 'good', found: `the first start creates ${dataDir}` };
    }
    if (!found.isDirectory()) {
      return { what, state: 'bad', found: `${dataDir} is not a folder`, advice };
    }
    await access(dataDir, constants.R_OK | constants.W_OK | constants.X_OK);
    if (secret === undefined) await readKeptSecret(dataDir);
    const mode = found.mode & 0o777;
    return (mode & 0o077) === 0
      ? { what, state: 'good', found: `${dataDir} is writable, and only its owner can read it` }
      : {
          what,
          state: 'warning',
          found: `other users of this machine can read ${dataDir} (mode ${mode.toString(8)})`,
          advice: 'If the folder belongs to the user of the server, the next start restricts it.',
        };
  } catch (error) {
    const problem = describeStartProblem(error) ?? messageOf(error);
    return { what, state: 'bad', found: `${dataDir}: ${problem}`, advice };
  }
}

async function nearestFolder(path: string): Promise<string> {
  const parent = dirname(path);
  const found = await stat(parent).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' && parent !== path) return null;
    throw error;
  });
  return found === null ? nearestFolder(parent) : parent;
}

/** Checks that PostgreSQL is reachable, usable and migrated, that no task is late, and that its clock agrees with ours. */
export async function checkDatabase(config: Config): Promise<Finding[]> {
  const what = 'Database';
  if (config.databaseUrl === undefined) {
    return [
      {
        what,
        state: config.production ? 'warning' : 'good',
        found: `embedded, in ${join(config.dataDir, 'db')}`,
        ...(config.production && {
          advice:
            'The embedded database does not wait for the disk. In production, set DATABASE_URL to a PostgreSQL database.',
        }),
      },
    ];
  }
  const database = await openDatabase({ url: config.databaseUrl, dataDir: '', poolSize: 1 });
  try {
    const before = Date.now();
    const { version, now } = await withTimeout(database.about());
    const after = Date.now();
    const refusal = await withTimeout(database.refusal());
    if (refusal !== null) return [{ what, state: 'bad', found: refusal.message }];
    const pending = await withTimeout(database.pending());
    return [
      { what, state: 'good', found: `PostgreSQL ${version} answers` },
      pending.length === 0
        ? { what: 'Tables', state: 'good', found: 'up to date' }
        : {
            what: 'Tables',
            state: 'bad',
            found: `${counted(pending.length, 'migration')} not applied, beginning with ${pending[0]}`,
            advice: 'Run `usher migrate`, or start the server, which applies them as well.',
          },
      compareClocks("the database's clock", now.getTime(), before, after),
      tasksFinding(await withTimeout(countLateTasks(database))),
    ];
  } catch (error) {
    const problem = describeStartProblem(error) ?? messageOf(error);
    return [
      {
        what,
        state: 'bad',
        found: problem,
        advice:
          'Check host, port, user, password and database name in DATABASE_URL. Check that no firewall blocks the connection.',
      },
    ];
  } finally {
    await database.close().catch(() => {});
  }
}

function tasksFinding(late: number | null): Finding {
  const what = 'Tasks';
  if (late === null)
    return { what, state: 'skipped', found: 'no server has used this database yet' };
  return late === 0
    ? { what, state: 'good', found: 'no task is late' }
    : {
        what,
        state: 'bad',
        found: `${counted(late, 'task')} waited for more than 5 minutes`,
        advice: 'Start a node with ROLE=all or ROLE=worker. Its log shows why tasks fail.',
      };
}
