import type { Command } from 'commander';
import { type Access, type Api, createApi } from './api.ts';
import { createTerminal, type Terminal } from './terminal.ts';

export type Env = Record<string, string | undefined>;

/** The environment, the streams and the exit code that every command receives. */
export type Context = {
  env: Env;
  version: string;
  stdin: NodeJS.ReadStream;
  stdout: NodeJS.WriteStream;
  stderr: NodeJS.WriteStream;
  /** Sets the exit code for a program that throws nothing. */
  endWith(exitCode: number): void;
};

export type GlobalOptions = {
  url?: string;
  clientId?: string;
  clientSecret?: string;
  token?: string;
  json?: boolean;
};

/** Returns the terminal and the API for the options before and after the command's name. */
export function toolsOf(
  context: Context,
  command: Command,
): { terminal: Terminal; access: Access; api: Api } {
  const options = command.optsWithGlobals<GlobalOptions>();
  const access = accessOf(context.env, options);
  const terminal = createTerminal({
    stdout: context.stdout,
    stderr: context.stderr,
    json: options.json === true,
  });
  return { terminal, access, api: createApi(access) };
}

/** Returns the access. Options take precedence over USHER_*, and USHER_* over the server's own settings. */
export function accessOf(env: Env, options: GlobalOptions): Access {
  // An empty variable, as in a copied .env.example, counts as absent.
  const of = (name: string) => env[name]?.trim() || undefined;
  const own = options.clientId !== undefined || of('USHER_CLIENT_ID') !== undefined;
  const url =
    options.url ??
    of('USHER_URL') ??
    of('PUBLIC_URL') ??
    `http://localhost:${of('PORT') ?? '3000'}`;
  return {
    url: url.replace(/\/+$/, ''),
    clientId: options.clientId ?? of('USHER_CLIENT_ID') ?? of('USHER_BOOTSTRAP_CLIENT_ID'),
    clientSecret:
      options.clientSecret ??
      of('USHER_CLIENT_SECRET') ??
      (own ? undefined : of('USHER_BOOTSTRAP_CLIENT_SECRET')),
    token: options.token ?? of('USHER_TOKEN'),
  };
}
