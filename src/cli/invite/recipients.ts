import { readFile } from 'node:fs/promises';
import { readSender } from '../../platform/email-address/email-address.ts';
import { usageFailure } from '../failure.ts';

/** A person to invite, in the form of the API. */
export type Recipient = { email: string } & Record<string, unknown>;

/**
 * Reads the people to invite: one address per line, alone or as `Name <address>` (`#` begins a comment), or JSON objects with `email`, as
 * an array or one per line. `-` reads standard input.
 */
export async function readRecipients(
  path: string,
  stdin: AsyncIterable<Buffer | string>,
): Promise<Recipient[]> {
  const text = path === '-' ? await readAll(stdin) : await readText(path);
  const trimmed = text.replace(/^\uFEFF/, '').trim();
  if (trimmed.startsWith('[')) {
    const list = parse(trimmed, path);
    if (!Array.isArray(list)) throw usageFailure(`${path} is not a JSON array.`);
    return list.map((each, index) => toRecipient(each, `entry ${index + 1}`, path));
  }
  return trimmed.split(/\r?\n/).flatMap((line, index) => {
    const told = line.trim();
    if (told === '' || told.startsWith('#')) return [];
    const where = `line ${index + 1}`;
    return [toRecipient(told.startsWith('{') ? parse(told, path, where) : told, where, path)];
  });
}

function toRecipient(value: unknown, where: string, path: string): Recipient {
  if (typeof value === 'string') return readMailbox(value);
  if (typeof value === 'object' && value !== null && 'email' in value) {
    if (typeof value.email === 'string') {
      const mailbox = readMailbox(value.email);
      return { ...mailbox, ...value, email: mailbox.email };
    }
  }
  throw usageFailure(`${path}, ${where}: the email address is missing.`);
}

function parse(text: string, path: string, where = 'the file'): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw usageFailure(
      `${path}: ${where} is not valid JSON: ${error instanceof Error ? error.message : ''}`,
    );
  }
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch {
    throw usageFailure(`The file ${path} does not exist.`);
  }
}

async function readAll(stream: AsyncIterable<Buffer | string>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString('utf8');
}

const LONGEST = 600;

/**
 * Reads an address as it stands in an address book: `Ada <ada@example.com>` is an address with a name. Everything else is left to the
 * server to judge.
 */
export function readMailbox(text: string): Recipient {
  const isNamed = text.includes('<') && text.length <= LONGEST && !/\p{Cc}/u.test(text);
  const read = isNamed ? readSender(text) : null;
  if (read === null) return { email: text };
  return { email: read.address, ...(read.name !== undefined && { name: read.name }) };
}
