import { chmod, mkdir, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { StartProblem } from '../start-problem/start-problem.ts';

export { keepSecret, readKeptSecret } from './kept-secret.ts';

const FOLDER_MODE = 0o700;
const FILE_MODE = 0o600;
const SQLITE_BUSY = 5;

/** Lets this process make nothing that another user of the machine can read. For programs that open the data folder, at their begin. */
export function writeForOwnerOnly(): void {
  process.umask(0o077);
}

/**
 * Makes a folder, and the one it lies in, that only their owner can read, and takes it for this process alone. The operating system gives
 * it back when the process ends, however it ends. The file for that lies beside the folder, with the ending `.lock`.
 * @throws StartProblem when another process, or this one, has it already, or this user may not take it
 */
export async function takeFolder(folder: string): Promise<{ release(): void }> {
  const parent = dirname(folder);
  await mkdir(folder, { recursive: true, mode: FOLDER_MODE });
  await restrict(parent, FOLDER_MODE);
  // Node has no lock on files; SQLite takes one that outlives no process.
  const file = `${folder}.lock`;
  const lock = lockOn(file, parent);
  await restrict(file, FILE_MODE);
  return { release: () => lock.close() };
}

/** @param folder what to name when another process has it */
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

/** Takes a folder with all that is in it from the other users of the machine. */
export async function closeToOthers(folder: string): Promise<void> {
  await restrict(folder, FOLDER_MODE);
  const all = await readdir(folder, { recursive: true, withFileTypes: true });
  await Promise.all(
    all
      .filter((one) => one.isDirectory() || one.isFile())
      .map((one) =>
        restrict(join(one.parentPath, one.name), one.isDirectory() ? FOLDER_MODE : FILE_MODE),
      ),
  );
}

/** A file that goes meanwhile needs it no more; a folder that was made by somebody else stays as they made it. */
async function restrict(path: string, mode: number): Promise<void> {
  try {
    await chmod(path, mode);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code !== 'ENOENT' && code !== 'EPERM') throw error;
  }
}
