import { randomBytes, randomUUID } from 'node:crypto';
import { chmod, link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { StartProblem } from '../start-problem/start-problem.ts';

const SHORTEST = 32;

/**
 * Reads the secret of a data folder, so that links survive a restart. It writes nothing.
 * @returns the secret, or `null` if there is none
 * @throws StartProblem if the file contains no valid secret
 */
export async function readKeptSecret(dataDir: string): Promise<string | null> {
  const file = join(dataDir, 'secret');
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
  const secret = text.trim();
  if (secret.length < SHORTEST) throw new StartProblem({ kind: 'bad-secret-file', file });
  return secret;
}

/** Reads the secret, and creates it at the first start. All processes that start at once get the same one. */
export async function keepSecret(dataDir: string): Promise<string> {
  const kept = await readKeptSecret(dataDir);
  if (kept !== null) {
    await closeFile(join(dataDir, 'secret'));
    return kept;
  }
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const draft = join(dataDir, `secret.${randomUUID()}`);
  const secret = randomBytes(36).toString('base64');
  try {
    await writeFile(draft, `${secret}\n`, { mode: 0o600 });
    // The link is atomic, and never replaces an existing secret.
    await link(draft, join(dataDir, 'secret'));
    return secret;
  } catch (error) {
    const other = await readKeptSecret(dataDir);
    if (other === null) throw error;
    return other;
  } finally {
    await rm(draft, { force: true });
  }
}

/** A file of another user keeps its mode. */
async function closeFile(file: string): Promise<void> {
  await chmod(file, 0o600).catch(() => {});
}
