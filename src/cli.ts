#!/usr/bin/env node
import { existsSync } from 'node:fs';
import { run } from './cli/program.ts';
import { version } from './cli/version.ts';

// The same file that `npm start` reads. Variables of the environment take precedence.
if (existsSync('.env')) process.loadEnvFile('.env');

const { env, stdin, stdout, stderr } = process;
// `usher …
// head` closes the pipe early, which is not an error.
stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));

let serving = false;
const exitCode = await run(
  { env, version, stdin, stdout, stderr },
  process.argv.slice(2),
  async (options) => {
    if (options.port !== undefined) env.PORT = options.port;
    if (options.host !== undefined) env.HOST = options.host;
    if (options.role !== undefined) env.ROLE = options.role;
    serving = true;
    await import('./main.ts');
  },
);
// The server keeps running, and ends the process itself.
if (!serving) process.exitCode = exitCode;
