import { createPrivateKey, X509Certificate } from 'node:crypto';
import { type FSWatcher, watch } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { createSecureContext } from 'node:tls';
import type { Log } from '../log/log.ts';
import { StartProblem } from '../start-problem/start-problem.ts';

export type TlsFiles = { certFile: string; keyFile: string };
type Pair = { cert: Buffer; key: Buffer };

/** @throws StartProblem when a file can't be read, is none of a certificate or key, or the two don't belong together */
export async function checkTlsFiles(files: TlsFiles): Promise<Pair> {
  try {
    return await readUsablePair(files);
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    throw new StartProblem({ kind: 'bad-tls-files', said });
  }
}

async function readUsablePair(files: TlsFiles): Promise<Pair> {
  const pair = { cert: await readFile(files.certFile), key: await readFile(files.keyFile) };
  // The first certificate is the server's own; others in the file are of those who signed it.
  if (!new X509Certificate(pair.cert).checkPrivateKey(createPrivateKey(pair.key))) {
    throw new Error('The certificate and the key are not a pair.');
  }
  createSecureContext(pair);
  return pair;
}

/**
 * Looks for new contents of the files, at once where the system tells of changes and else every `pollMs`, and gives them to
 * `use`. New connections get the new certificate; open ones stay as they are. While the two don't belong together, as
 * between the writing of one and of the other, the old pair stays.
 */
export function watchPair(
  files: TlsFiles,
  first: Pair,
  options: { log: Log; pollMs: number; use(pair: Pair): void },
): { stop(): Promise<void> } {
  const { log, pollMs, use } = options;
  let current = first;
  let complaint = '';
  let stopped = false;
  let soon: NodeJS.Timeout | undefined;
  let running: Promise<void> = Promise.resolve();

  const look = async () => {
    try {
      const pair = await checkTlsFiles(files);
      complaint = '';
      if (stopped || (pair.cert.equals(current.cert) && pair.key.equals(current.key))) return;
      use(pair);
      current = pair;
      const { subject, validTo } = new X509Certificate(pair.cert);
      log.info({ subject, validTo }, 'TLS certificate read again');
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      // Once, not with every look.
      if (reason !== complaint) log.error({ reason }, 'TLS files not usable; the old pair stays');
      complaint = reason;
    }
  };
  const lookNow = () => {
    running = running.then(look);
  };
  const lookSoon = () => {
    clearTimeout(soon);
    soon = setTimeout(lookNow, 200);
    soon.unref();
  };
  // The folders: a file that is replaced by another of its name is no longer the one that was watched.
  const folders = new Set([dirname(files.certFile), dirname(files.keyFile)]);
  const watchers = [...folders].flatMap((folder) => watchFolder(folder, lookSoon));
  const poll = setInterval(lookNow, pollMs);
  poll.unref();
  return {
    async stop() {
      stopped = true;
      clearTimeout(soon);
      clearInterval(poll);
      for (const watcher of watchers) watcher.close();
      await running;
    },
  };
}

function watchFolder(folder: string, changed: () => void): FSWatcher[] {
  try {
    const watcher = watch(folder, { persistent: false }, changed);
    // Polling goes on without it.
    watcher.on('error', () => watcher.close());
    return [watcher];
  } catch {
    return [];
  }
}
