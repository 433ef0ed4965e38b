import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { BOOTSTRAP, type TestServer } from '../harness/harness.ts';

const MAIN = join(
  dirname(createRequire(import.meta.url).resolve('auth0-deploy-cli/package.json')),
  'lib/index.js',
);

export type Run = { code: number | null; log: string };

/**
 * Runs auth0-deploy-cli as its users do: a process of its own, a configuration file, TLS with a certificate that the
 * environment vouches for.
 * @param command `export` writes `folder`, `import` reads it
 */
export async function runDeployCli(
  server: TestServer,
  command: 'export' | 'import',
  options: { folder: string; certFile: string; config?: Record<string, unknown> },
): Promise<Run> {
  await mkdir(options.folder, { recursive: true });
  const configFile = `${options.folder}.config.json`;
  const config = {
    AUTH0_DOMAIN: new URL(server.url).host,
    AUTH0_CLIENT_ID: BOOTSTRAP.id,
    AUTH0_CLIENT_SECRET: BOOTSTRAP.secret,
    ...options.config,
  };
  await writeFile(configFile, JSON.stringify(config));
  const where =
    command === 'export' ? ['-f', 'directory', '-o', options.folder] : ['-i', join(options.folder)];
  const child = spawn(process.execPath, [MAIN, command, '-c', configFile, ...where], {
    env: { PATH: process.env.PATH ?? '', NODE_EXTRA_CA_CERTS: options.certFile },
  });
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit'),
  ]);
  return { code, log: stdout + stderr };
}

/** Every file below a folder, by its path; JSON is read, so that only its meaning counts. */
export async function readFolder(folder: string): Promise<Record<string, unknown>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const read = files.map(async (file) => {
    const path = join(file.parentPath, file.name);
    const content = await readFile(path, 'utf8');
    const name = path.slice(folder.length + 1);
    return [name, name.endsWith('.json') ? JSON.parse(content) : content] as const;
  });
  return Object.fromEntries(await Promise.all(read));
}
