import { styleText } from 'node:util';

type Style = Parameters<typeof styleText>[0];
type Entry = Record<string, unknown>;

const LEVELS: Record<number, { name: string; style: Style }> = {
  10: { name: 'trace', style: 'dim' },
  20: { name: 'debug', style: 'dim' },
  40: { name: 'warning', style: 'yellow' },
  50: { name: 'error', style: 'red' },
  60: { name: 'fatal', style: 'red' },
};
const ERROR = 50;
const LONGEST_VALUE = 160;
const DEEPEST = 2;
// Fields that the line shows elsewhere, or that repeat others.
const SAID_ALREADY = new Set(['level', 'time', 'msg', 'err', 'reqId']);

/**
 * Returns a log entry as a readable line, with its line end. Only an unexpected error takes more lines, for its stack.
 * @param json one entry as pino writes it, without secrets
 */
export function formatLogLine(json: string, { colors }: { colors: boolean }): string {
  const paint = (style: Style, text: string) =>
    colors ? styleText(style, text, { validateStream: false }) : text;
  const entry: Entry = JSON.parse(json);
  const time = paint('dim', clockOf(entry.time));
  if (entry.msg === 'request') return `${time} ${request(entry, paint)}\n`;
  const level = LEVELS[Number(entry.level)];
  const words = [
    time,
    ...(level ? [paint(level.style, level.name)] : []),
    plain(entry.msg),
    ...valuesOf(entry).map((text) => paint('dim', text)),
  ];
  const { err } = entry;
  if (!isObject(err)) return `${words.join(' ')}\n`;
  const said = `${words.join(' ')}: ${plain(err.type ?? 'Error')}: ${plain(err.message)}`;
  const frames = Number(entry.level) >= ERROR ? framesOf(err.stack) : [];
  return [said, ...frames.map((frame) => paint('dim', frame))].map((line) => `${line}\n`).join('');
}

/** Adds the request id after a failure, because pages and answers show it. */
function request(entry: Entry, paint: (style: Style, text: string) => string): string {
  const { method, url, status, ms, id } = entry;
  const [path = '', query] = String(url).split('?');
  const isFailed = Number(status) >= 500;
  const isRefused = Number(status) >= 400;
  const answer = paint(isFailed ? 'red' : isRefused ? 'yellow' : 'green', String(status));
  const asked = `${plain(method)} ${plain(path)}${query === undefined ? '' : '?…'}`;
  return `${answer} ${asked} ${paint('dim', `${ms} ms${isRefused ? ` ${id}` : ''}`)}`;
}

function valuesOf(entry: Entry, prefix = '', depth = 1): string[] {
  return Object.entries(entry).flatMap(([name, value]) => {
    if (depth === 1 && SAID_ALREADY.has(name)) return [];
    if (value === null || value === undefined || value === '') return [];
    if (isObject(value)) {
      return depth < DEEPEST ? valuesOf(value, `${prefix}${plain(name)}.`, depth + 1) : [];
    }
    return [`${prefix}${plain(name)}=${plain(value)}`];
  });
}

function isObject(value: unknown): value is Entry {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function clockOf(time: unknown): string {
  const at = new Date(Number(time));
  return [at.getHours(), at.getMinutes(), at.getSeconds()]
    .map((part) => String(part).padStart(2, '0'))
    .join(':');
}

/** Makes external text safe: it must neither start a new line nor control the terminal. */
function plain(value: unknown): string {
  const text = String(value).replace(
    /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu,
    (each) => `\\u{${each.codePointAt(0)?.toString(16)}}`,
  );
  return text.length <= LONGEST_VALUE ? text : `${text.slice(0, LONGEST_VALUE)}…`;
}

function framesOf(stack: unknown): string[] {
  return String(stack ?? '')
    .split('\n')
    .filter((line) => /^\s+at /.test(line))
    .map((line) => `         ${plain(line.trim())}`);
}
