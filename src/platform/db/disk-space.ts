import { statfs } from 'node:fs/promises';
import { StartProblem } from '../start-problem/start-problem.ts';
import { DatabaseAwayError } from './away.ts';

export type DiskSpace = {
  /** Throws {@link DatabaseAwayError} while there is too little space to write. */
  check(): void;
  /** Measures now. Returns false if there is too little space. */
  look(): Promise<boolean>;
  close(): void;
};

/**
 * The embedded database cannot continue without space for its log: it would loop and block the process. A log file has 16 MB, and the data
 * written between two measurements must fit too.
 */
const NEEDED_BYTES = 64 * 1024 * 1024;
const LOOK_EVERY_MS = 500;

/**
 * Monitors the free space below a folder.
 * @throws StartProblem if there is too little space at the start
 * @param listener called when the space runs out, and when there is enough again
 */
export async function watchDiskSpace(
  folder: string,
  listener?: { left(): void; returned(awayMs: number): void },
): Promise<DiskSpace> {
  let fullSince: number | null = null;
  let looking: Promise<boolean> | null = null;

  async function measure(): Promise<boolean> {
    const { bavail, bsize } = await statfs(folder);
    const fits = bavail * bsize >= NEEDED_BYTES;
    if (!fits && fullSince === null) {
      fullSince = performance.now();
      listener?.left();
    } else if (fits && fullSince !== null) {
      listener?.returned(Math.round(performance.now() - fullSince));
      fullSince = null;
    }
    return fits;
  }
  function look(): Promise<boolean> {
    looking ??= measure()
      // Some file systems do not report their free space.
      .catch(() => true)
      .finally(() => {
        looking = null;
      });
    return looking;
  }

  if (!(await look())) {
    throw new StartProblem({ kind: 'no-space', folder, neededMb: NEEDED_BYTES / 1024 ** 2 });
  }
  const timer = setInterval(() => void look(), LOOK_EVERY_MS);
  timer.unref();
  return {
    check() {
      if (fullSince !== null) throw new DatabaseAwayError(new Error('The disk is full.'));
    },
    look,
    close: () => clearInterval(timer),
  };
}
