import { mailboxOf, readSender } from '../../platform/email-address/email-address.ts';

export type Address = { name?: string | undefined; address: string };

export type OutgoingMail = {
  from: Address;
  to: Address;
  subject: string;
  html: string;
  text: string;
  /** Without angle brackets. Every attempt uses the same id. */
  messageId: string;
  date: Date;
  replyTo?: Address | undefined;
  headers?: Record<string, string> | undefined;
};

// RFC 5322 §2.1.1: at most 998 characters, preferably 78.
const LONG_LINE = 998;

/**
 * Returns the mail in wire format (RFC 5322, 2045, 2047), with text and HTML as alternatives. It is written for speed: the composer of
 * nodemailer limits how many mails are sent per second (docs/decisions/0010).
 */
export function composeMail(mail: OutgoingMail): string {
  const boundary = `=_${mail.messageId.replace(/[^A-Za-z0-9]/g, '').slice(0, 40)}_=`;
  const text = part('plain', mail.text);
  const html = part('html', mail.html);
  const extra = Object.entries(mail.headers ?? {}).map(
    ([name, value]) => `${headerName(name)}: ${encodeWords(clean(value), name.length + 2)}\r\n`,
  );
  return `From: ${formatAddress(mail.from, 6)}\r\n\
To: ${formatAddress(mail.to, 4)}\r\n\
${mail.replyTo ? `Reply-To: ${formatAddress(mail.replyTo, 10)}\r\n` : ''}\
Subject: ${encodeWords(clean(mail.subject), 9)}\r\n\
Message-ID: <${clean(mail.messageId)}>\r\n\
Date: ${mail.date.toUTCString().replace('GMT', '+0000')}\r\n\
Auto-Submitted: auto-generated\r\n\
${extra.join('')}\
MIME-Version: 1.0\r\n\
Content-Type: multipart/alternative; boundary="${boundary}"\r\n\
\r\n\
--${boundary}\r\n${text}\r\n--${boundary}\r\n${html}\r\n--${boundary}--\r\n`;
}

function part(subtype: 'plain' | 'html', content: string): string {
  const body = content.replace(/\r\n?|\n/g, '\r\n');
  const isPlain = isSevenBit(body);
  return `Content-Type: text/${subtype}; charset=utf-8\r\n\
Content-Transfer-Encoding: ${isPlain ? '7bit' : 'quoted-printable'}\r\n\
\r\n\
${isPlain ? body : quotedPrintable(body)}`;
}

const SEVEN_BIT = /^[\t\r\n\x20-\x7e]*$/;
const TOO_LONG = new RegExp(`[^\\r\\n]{${LONG_LINE + 1}}`);

function isSevenBit(body: string): boolean {
  return SEVEN_BIT.test(body) && !TOO_LONG.test(body);
}

const SAFE_LINE = /^(?:[\x20-\x3c\x3e-\x7e\t]{0,75}[\x21-\x3c\x3e-\x7e])?$/;
const HEX = Array.from(
  { length: 256 },
  (_, byte) => `=${byte.toString(16).toUpperCase().padStart(2, '0')}`,
);

/** Encodes a body as quoted-printable (RFC 2045 §6.7). @param body with CRLF line ends */
export function quotedPrintable(body: string): string {
  return body
    .split('\r\n')
    .map((line) => (SAFE_LINE.test(line) ? line : encodeLine(line)))
    .join('\r\n');
}

function encodeLine(line: string): string {
  const bytes = Buffer.from(line, 'utf8');
  let out = '';
  let width = 0;
  for (const [index, byte] of bytes.entries()) {
    const isBlank = byte === 0x20 || byte === 0x09;
    const isLast = index === bytes.length - 1;
    const literal = (byte > 0x20 && byte < 0x7f && byte !== 0x3d) || (isBlank && !isLast);
    const piece = literal ? String.fromCharCode(byte) : (HEX[byte] ?? '');
    // A soft line break needs the 76th column.
    if (width + piece.length > 75) {
      out += '=\r\n';
      width = 0;
    }
    out += piece;
    width += piece.length;
  }
  return out;
}

/** Removes line ends and other control characters, which would allow header injection. */
function clean(value: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the pattern removes control characters.
  return value.replace(/[\x00-\x1f\x7f\u0085\u2028\u2029]+/g, ' ').trim();
}

function headerName(name: string): string {
  if (!/^[A-Za-z][A-Za-z0-9-]{0,60}$/.test(name)) throw new Error('Not a header name.');
  return name;
}

/**
 * Encodes words (RFC 2047) where needed, and folds the header so that no line is longer than 76 characters.
 * @param used columns taken by the header's name
 */
function encodeWords(value: string, used: number): string {
  if (/^[\x20-\x7e]*$/.test(value) && !value.includes('=?')) return foldWords(value, used);
  const words: string[] = [];
  let chunk = '';
  let size = 0;
  // 45 bytes are 60 characters of base64. With 12 characters around them, a word stays below 75.
  let room = Math.min(45, Math.floor((74 - used - 12) / 4) * 3);
  for (const symbol of value) {
    const length = Buffer.byteLength(symbol);
    if (size + length > room) {
      words.push(chunk);
      chunk = '';
      size = 0;
      room = 45;
    }
    chunk += symbol;
    size += length;
  }
  words.push(chunk);
  return words.map((word) => `=?UTF-8?B?${Buffer.from(word).toString('base64')}?=`).join('\r\n ');
}

function foldWords(value: string, used: number): string {
  if (used + value.length <= 76) return value;
  let out = '';
  let width = used;
  for (const word of value.split(' ')) {
    // A word longer than a line is encoded, because an encoded word can be split anywhere.
    if (word.length > 900) return encodeWords(`${value}\u200b`, used);
    if (out !== '' && width + 1 + word.length > 76) {
      out += `\r\n ${word}`;
      width = 1 + word.length;
    } else {
      out += out === '' ? word : ` ${word}`;
      width += word.length + 1;
    }
  }
  return out;
}

function formatAddress(address: Address, used: number): string {
  const name = clean(address.name ?? '');
  const mailbox = envelopeAddress(address.address);
  if (name === '') return mailbox;
  const isAtoms = /^[A-Za-z0-9!#$%&'*+\-/=?^_`{|}~ ]{1,50}$/.test(name) && !name.includes('=?');
  const shown = isAtoms
    ? name
    : /^[\x20-\x7e]{1,50}$/.test(name) && !name.includes('=?')
      ? `"${name.replace(/["\\]/g, '\\$&')}"`
      : encodeWords(name, used);
  return `${shown}\r\n <${mailbox}>`;
}

/** Returns the address for the SMTP envelope, with its domain in DNS form. @throws if no mail can be sent to the address */
export function envelopeAddress(address: string): string {
  const mailbox = mailboxOf(address);
  if (mailbox === null) throw new Error('Not an email address.');
  return mailbox;
}

/** Parses a sender with {@link readSender}. @throws if no mail can be sent from the address */
export function parseAddress(text: string): Address {
  const sender = readSender(text);
  if (sender === null) throw new Error(`"${clean(text)}" is not an e-mail address.`);
  return sender;
}
