import type { ConnectionOptions } from 'node:tls';
import type { Json } from '../script-types.ts';
import { record } from './values.ts';

/** Options of TLS that a script may choose. Others could name files of this machine. */
const TEXTS = ['ca', 'cert', 'key', 'passphrase', 'servername', 'minVersion'] as const;

/**
 * Returns options of TLS from what a script has given as `ssl`, or `null` for no encryption.
 * @param host the name that the certificate must have, if the script names no other
 */
export function tlsOptionsOf(ssl: Json | undefined, host: string): ConnectionOptions | null {
  if (ssl === undefined || ssl === null || ssl === false || ssl === 'disable') return null;
  const given = record(ssl);
  const options: Record<string, unknown> = {
    rejectUnauthorized: given.rejectUnauthorized !== false,
  };
  for (const name of TEXTS) {
    const value = given[name];
    if (typeof value === 'string') options[name] = value;
  }
  if (Array.isArray(given.ca)) options.ca = given.ca.filter((each) => typeof each === 'string');
  // An address has no name that a client may send (RFC 6066 §3).
  if (options.servername === undefined && !/^[\d.]+$|:/.test(host)) options.servername = host;
  return options;
}
