import { createHash, createHmac, getHashes, randomBytes } from 'node:crypto';
import { SYNC_CRYPTO } from './sync-crypto.ts';

type SyncFunction = (...args: never[]) => unknown;

const MAX_RANDOM_BYTES = 65_536;

function bytes(base64: string): Buffer {
  return Buffer.from(String(base64), 'base64');
}

function knownHash(algorithm: string): string {
  if (!getHashes().includes(algorithm)) throw new Error('Digest method not supported');
  return algorithm;
}

/** Bytes travel in base64. All of them are quick, because the scripts of a process share the thread that does them. */
const FUNCTIONS: Record<string, SyncFunction> = {
  ...SYNC_CRYPTO,
  hash: (algorithm: string, data: string) =>
    createHash(knownHash(algorithm)).update(bytes(data)).digest('base64'),
  hmac: (algorithm: string, key: string, data: string) =>
    createHmac(knownHash(algorithm), bytes(key)).update(bytes(data)).digest('base64'),
  randomBytes: (count: number) => {
    if (!(Number.isInteger(count) && count >= 0 && count <= MAX_RANDOM_BYTES)) {
      throw new RangeError(`The number of bytes must be from 0 to ${MAX_RANDOM_BYTES}.`);
    }
    return randomBytes(count).toString('base64');
  },
  url: (href: string, base: string | null) =>
    partsOf(base === null ? new URL(String(href)) : new URL(String(href), String(base))),
  urlWith: (href: string, part: string, value: string) => {
    const url = new URL(String(href));
    if (!(URL_PARTS as readonly string[]).includes(part)) throw new Error('There is no such part.');
    url[part as 'hash'] = String(value);
    return partsOf(url);
  },
};

const URL_PARTS = [
  'href',
  'protocol',
  'username',
  'password',
  'host',
  'hostname',
  'port',
  'pathname',
  'search',
  'hash',
] as const;

function partsOf(url: URL): Record<string, string> {
  const parts: Record<string, string> = { origin: url.origin };
  for (const name of URL_PARTS) parts[name] = url[name];
  return parts;
}

/**
 * Calls a function for a script that waits.
 * @param text JSON of the arguments
 * @returns JSON of `{ value }` or `{ error }`
 */
export function callSync(method: string, text: string): string {
  try {
    const found = Object.hasOwn(FUNCTIONS, method) ? FUNCTIONS[method] : undefined;
    if (found === undefined) throw new Error(`There is no function ${method}.`);
    return JSON.stringify({ value: found(...(JSON.parse(text) as never[])) });
  } catch (error) {
    const { name, message, code } = error as Error & { code?: string };
    return JSON.stringify({ error: { name, message, code } });
  }
}
