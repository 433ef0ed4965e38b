import { type Logger, pino, stdSerializers } from 'pino';

export type Log = Logger;

const SECRETS = [
  'password',
  'client_secret',
  'ticket',
  'secret',
  'token',
  'authorization',
  'cookie',
];

/** A ticket in a URL opens an account: the log keeps the path and drops the query's secrets. */
export function withoutSecrets(url: string): string {
  return url.replace(
    /([?&](?:ticket|code|token|access_token|id_token|state|id_token_hint|login_hint|invitation)=)[^&#]*/g,
    '$1…',
  );
}

// What a database says besides holds values of the query: e-mails, hashes of passwords.
const SAID_OF_ERRORS = [
  'type',
  'message',
  'stack',
  'name',
  'code',
  'severity',
  'schema',
  'table',
  'column',
  'constraint',
  'routine',
  'query',
  'statusCode',
  'errno',
  'syscall',
  'hostname',
  'address',
  'port',
  'command',
  'responseCode',
  'error',
  'error_description',
  'error_detail',
];

function describeError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const all = Object.entries(stdSerializers.err(error));
  return Object.fromEntries(all.filter(([name]) => SAID_OF_ERRORS.includes(name)));
}

/** @param level pino's level name; `silent` for tests */
export function createLog(level: string, pretty = false): Log {
  return pino({
    level,
    base: undefined,
    serializers: { err: describeError },
    redact: {
      paths: SECRETS.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]),
      censor: '[secret]',
    },
    ...(pretty && {
      transport: {
        target: 'pino-pretty',
        options: { ignore: 'pid,hostname', translateTime: 'HH:MM:ss' },
      },
    }),
  });
}
