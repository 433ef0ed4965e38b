import { type Logger, type LoggerOptions, pino, stdSerializers } from 'pino';
import { formatLogLine } from './format-log-line.ts';

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

const SECRET_PARAMETERS = new Set(
  [
    'ticket login_ticket invitation proof secret key flow_login state login_hint',
    'code code_verifier verification_code user_code device_code oob_code binding_code otp password',
    'token access_token refresh_token id_token id_token_hint mfa_token',
    'client_secret client_assertion assertion request request_uri',
  ].flatMap((line) => line.split(' ')),
);
// The path contains the secret of the development mailbox.
const SECRET_PATH = /(\/dev\/mailbox\/)[\w-]{16,}/g;

/**
 * Removes secrets from a URL or a text that contains some: a ticket in a URL opens an account. It keeps the path and hides the secrets of
 * query and fragment, in any notation of their names.
 * @param text a URL, or a text that contains some
 */
export function withoutSecrets(text: string): string {
  let hidden = false;
  const parts = text.split(/([?&;#])/);
  return parts
    .map((part, index) => {
      if (index % 2 === 1) return hidden && part === ';' ? '' : part;
      const separator = parts[index - 1];
      // Some servers end a value at a semicolon, others do not. The text after it may belong to the secret before it.
      if (separator === ';' && hidden) return '';
      const equals = separator === undefined ? -1 : part.indexOf('=');
      hidden = equals > 0 && SECRET_PARAMETERS.has(parsedName(part.slice(0, equals)));
      return hidden ? `${part.slice(0, equals)}=…` : part;
    })
    .join('')
    .replace(SECRET_PATH, '$1…');
}

/** Normalizes a name: `%74icket`, `ticket[]` and `TICKET` are `ticket`, even if encoded twice. */
function parsedName(name: string): string {
  let parsed = name;
  for (let turn = 0; turn < 3 && parsed.includes('%'); turn++) {
    try {
      parsed = decodeURIComponent(parsed);
    } catch {
      break;
    }
  }
  return parsed.replace(/\[.*$/, '').trim().toLowerCase();
}

// Other fields of a database error contain values of the query: email addresses, password hashes.
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

/**
 * Creates the log.
 * @param level pino's level name; `silent` for tests
 * @param format `text`: one readable line per entry; `json`: for programs
 */
export function createLog(level: string, format: 'json' | 'text' = 'json'): Log {
  const options: LoggerOptions = {
    level,
    base: undefined,
    serializers: { err: describeError },
    redact: {
      paths: SECRETS.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]),
      censor: '[secret]',
    },
  };
  if (format === 'json') return pino(options);
  const colors = process.stdout.isTTY === true && process.stdout.hasColors();
  return pino(options, {
    write: (entry) => process.stdout.write(formatLogLine(entry, { colors })),
  });
}
