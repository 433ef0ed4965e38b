import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Config } from '../../config/config.ts';
import { readKeptSecret } from '../../platform/data-folder/data-folder.ts';
import { openDatabase } from '../../platform/db/db.ts';
import { describeStartProblem } from '../../platform/start-problem/start-problem.ts';
import { countLateTasks } from '../../platform/tasks/tasks.ts';
import { compareClocks, type Finding, messageOf, within } from './finding.ts';

/** Node: the server relies on what version 24 brought. */
export function checkNode(version: string): Finding {
  const major = Number(/^v?(\d+)/.exec(version)?.[1]);
  return major >= 24
    ? { what: 'Node', state: 'good', found: version }
    : {
        what: 'Node',
        state: 'bad',
        found: `${version} is too old`,
        advice: 'Use Node 24, or start through npm scripts, which bring their own.',
      };
}

/** The folder for the embedded database and the kept secret. Writes nothing, and makes nothing. */
export async function checkDataFolder({ dataDir, secret }: Config): Promise<Finding> {
  const what = 'Data folder';
  const advice = 'Set DATA_DIR to a folder that the user who runs the server may write to.';
  try {
    const found = await stat(dataDir).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return null;
      throw error;
    });
    if (found === null) {
      await access(await nearestFolder(dataDir), constants.W_OK | constants.X_OK);
      return { what, state: 'good', found: `${dataDir} will be made by the first start` };
    }
    if (!found.isDirectory()) {
      return { what, state: 'bad', found: `${dataDir} is no folder`, advice };
    }
    await access(dataDir, constants.R_OK | constants.W_OK | constants.X_OK);
    if (secret === undefined) await readKeptSecret(dataDir);
    const mode = found.mode & 0o777;
    return (mode & 0o077) === 0
      ? { what, state: 'good', found: `${dataDir} is writable, and nobody else's to read` }
      : {
          what,
          state: 'warning',
          found: `${dataDir} is open to other users of this machine (${mode.toString(8)})`,
          advice: 'The next start closes it, when the folder belongs to the user who starts.',
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

/** PostgreSQL: reachable, usable, migrated, with nobody waiting in it, and of one mind about the time. */
export async function checkDatabase(config: Config): Promise<Finding[]> {
  const what = 'Database';
  if (config.databaseUrl === undefined) {
    return [
      {
        what,
        state: config.production ? 'warning' : 'good',
        found: `embedded, in ${join(config.dataDir, 'db')}`,
        ...(config.production && {
          advice: 'It does not wait for the disk: in production set DATABASE_URL to a PostgreSQL.',
        }),
      },
    ];
  }
  const database = await openDatabase({ url: config.databaseUrl, dataDir: '', poolSize: 1 });
  try {
    const before = Date.now();
    const { version, now } = await within(database.about());
    const after = Date.now();
    const refusal = await within(database.refusal());
    if (refusal !== null) return [{ what, state: 'bad', found: refusal.message }];
    const pending = await within(database.pending());
    return [
      { what, state: 'good', found: `PostgreSQL ${version} answers` },
      pending.length === 0
        ? { what: 'Tables', state: 'good', found: 'up to date' }
        : {
            what: 'Tables',
            state: 'bad',
            found: `${pending.length} migration(s) not applied, from ${pending[0]}`,
            advice: 'Run `usher migrate`, or start the server, which does the same.',
          },
      compareClocks("the database's", now.getTime(), before, after),
      tasksFinding(await within(countLateTasks(database))),
    ];
  } catch (error) {
    const problem = describeStartProblem(error) ?? messageOf(error);
    return [
      {
        what,
        state: 'bad',
        found: problem,
        advice:
          'Check DATABASE_URL: host, port, user, password, name, and whether a firewall is between.',
      },
    ];
  } finally {
    await database.close().catch(() => {});
  }
}

function tasksFinding(late: number | null): Finding {
  const what = 'Tasks';
  if (late === null) return { what, state: 'skipped', found: 'no server has worked here yet' };
  return late === 0
    ? { what, state: 'good', found: 'nothing waits for a worker' }
    : {
        what,
        state: 'bad',
        found: `${late} waited for more than five minutes`,
        advice: 'Start a node with ROLE=all or ROLE=worker; its log says why tasks fail.',
      };
}
