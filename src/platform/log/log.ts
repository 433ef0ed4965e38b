import { type Logger, pino } from 'pino';

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
    /([?&](?:ticket|code|token|state|id_token_hint|login_hint|invitation)=)[^&#]*/g,
    '$1…',
  );
}

/** @param level pino's level name; `silent` for tests */
export function createLog(level: string, pretty = false): Log {
  return pino({
    level,
    base: undefined,
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
