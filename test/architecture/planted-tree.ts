import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

export const ROOT = join(import.meta.dirname, '../..');

/** Files of a small tree: path → text. */
export type Tree = Readonly<Record<string, string>>;

/** Writes the tree into a temporary folder that has our configuration and packages, and hands it to `work`. */
export async function withTree<T>(tree: Tree, work: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'usher-planted-'));
  try {
    for (const name of [
      '.dependency-cruiser.mjs',
      'biome.json',
      'tsconfig.json',
      'package.json',
      '.gitignore',
    ]) {
      copyFileSync(join(ROOT, name), join(folder, name));
    }
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
    for (const [path, text] of Object.entries(tree)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Runs a program of node_modules/.bin there. A non-zero exit is a valid result. */
export async function runIn(
  folder: string,
  program: string,
  args: string[],
): Promise<{ code: number; stdout: string; stderr: string }> {
  const { promise, resolve } = Promise.withResolvers<{
    code: number;
    stdout: string;
    stderr: string;
  }>();
  execFile(
    join(ROOT, 'node_modules/.bin', program),
    args,
    { cwd: folder, maxBuffer: 64 * 1024 * 1024 },
    (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr });
    },
  );
  return promise;
}
