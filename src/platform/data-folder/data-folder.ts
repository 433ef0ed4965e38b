import { chmod, mkdir, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { StartProblem } from '../start-problem/start-problem.ts';

export { keepSecret, readKeptSecret } from './kept-secret.ts';

const FOLDER_MODE = 0o700;
const FILE_MODE = 0o600;
const SQLITE_BUSY = 5;

/** Restricts all files that this process creates to their owner. Programs that open the data folder call it first. */
export function writeForOwnerOnly(): void {
  process.umask(0o077);
}

/**
 * Creates a folder and its parent with access for their owner only, and locks it for this process. The operating system releases the lock
 * when the process ends, even after a crash. The lock file lies beside the folder, with the ending `.lock`.
 * @throws StartProblem if a process already holds the lock, or this user may not take it
 */
export async function lockFolder(folder: string): Promise<{ release(): void }> {
  const parent = dirname(folder);
  await mkdir(folder, { recursive: true, mode: FOLDER_MODE });
  await restrict(parent, FOLDER_MODE);
  // Node has no file locks. SQLite's lock ends with the process.
  const file = `${folder}.lock`;
  const lock = lockOn(file, parent);
  await restrict(file, FILE_MODE);
  return { release: () => lock.close() };
}

/**
 *
 * @param folder named in the message if another process holds the lock
 */
function lockOn(file: string, folder: string): DatabaseSync {
  let lock: DatabaseSync | undefined;
  try {
    lock = new DatabaseSync(file);
    lock.exec('begin exclusive');
    return lock;
  } catch (error) {
    lock?.close();
    const isBusy = error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY;
    if (isBusy) throw new StartProblem({ kind: 'folder-in-use', folder });
    const said = error instanceof Error ? error.message : String(error);
    throw new StartProblem({ kind: 'unusable-file', file, said });
  }
}

/** Removes the other users' access to a folder and everything in it. */
export async function restrictToOwner(folder: string): Promise<void> {
  await restrict(folder, FOLDER_MODE);
  const all = await readdir(folder, { recursive: true, withFileTypes: true });
  await Promise.all(
    all
      .filter((dirent) => dirent.isDirectory() || dirent.isFile())
      .map((dirent) =>
        restrict(
          join(dirent.parentPath, dirent.name),
          dirent.isDirectory() ? FOLDER_MODE : FILE_MODE,
        ),
      ),
  );
}

/** A file that is deleted meanwhile needs no restriction. A folder of another user keeps its mode. */
async function restrict(path: string, mode: number): Promise<void> {
  try {
    await chmod(path, mode);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code !== 'ENOENT' && code !== 'EPERM') throw error;
  }
}
