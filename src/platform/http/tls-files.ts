import { createPrivateKey, X509Certificate } from 'node:crypto';
import { type FSWatcher, watch } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { createSecureContext } from 'node:tls';
import type { Log } from '../log/log.ts';
import { StartProblem } from '../start-problem/start-problem.ts';

export type TlsFiles = { certFile: string; keyFile: string };
type Pair = { cert: Buffer; key: Buffer };

/**
 * Reads and checks the files.
 * @throws StartProblem if a file cannot be read, contains no certificate or key, or the two do not match
 */
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
  // The first certificate is the server's own. The others belong to its issuers.
  if (!new X509Certificate(pair.cert).checkPrivateKey(createPrivateKey(pair.key))) {
    throw new Error('The certificate and the key do not match.');
  }
  createSecureContext(pair);
  return pair;
}

/**
 * Watches the files, by system events and by polling every `pollMs`, and passes new contents to `use`. New connections get the new
 * certificate; open ones keep theirs. If key and certificate do not match, for example between two writes, the old pair stays.
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
      log.info({ subject, validTo }, 'TLS certificate reloaded');
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      // Logged once, not with every poll.
      if (reason !== complaint)
        log.error({ reason }, 'TLS files cannot be used; the old pair stays');
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
  // Folders are watched, because a watch on a file does not follow its replacement.
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
    // Polling continues without it.
    watcher.on('error', () => watcher.close());
    return [watcher];
  } catch {
    return [];
  }
}
