import { domainToASCII, domainToUnicode } from 'node:url';

export { domainOf } from './domain-of.ts';
export { isPublicMail } from './public-mail.ts';

/** Maximum length of an address (RFC 5321 §4.5.3.1.3), in octets. */
export const MAX_EMAIL_LENGTH = 254;
const MAX_LOCAL_OCTETS = 64;
// Longer than any address with blanks around it. Longer input is not parsed.
const MAX_TYPED_LENGTH = 2000;

/** Matches nearly every address, without the Unicode patterns below. */
const PLAIN =
  /^[a-z0-9_+-]+(?:\.[a-z0-9_+-]+)*@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,24}$/;
/** Dot-atoms of RFC 5322, with the letters of RFC 6531. Quotes and comments are refused. */
const LOCAL_PART =
  /^[\p{L}\p{N}\p{M}!#$%&'*+/=?^_`{|}~-]+(?:\.[\p{L}\p{N}\p{M}!#$%&'*+/=?^_`{|}~-]+)*$/u;
/** The domain before its conversion to ASCII, which would end at a slash and decode %41. The ideographic full stops count as dots. */
const TYPED_DOMAIN = /^[\p{L}\p{N}\p{M}.。．｡-]+$/u;
const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
/** Invisible characters, some of which Unicode classifies as letters. With them two addresses would look the same. */
const INVISIBLE = /\p{Default_Ignorable_Code_Point}/u;

/**
 * Returns the canonical form of an address, in which it is stored and compared: Unicode NFC, lower case, the domain in DNS form (`xn--…`),
 * without surrounding blanks.
 * @returns `null` if no mail can be sent to it: not exactly one address, quoted parts, IP literals, invisible characters
 */
export function canonicalEmail(typed: string): string | null {
  if (typed.length <= MAX_EMAIL_LENGTH && PLAIN.test(typed)) {
    return typed.indexOf('@') <= MAX_LOCAL_OCTETS && !hasPunycode(typed) ? typed : slowly(typed);
  }
  return slowly(typed);
}

/** Returns whether mail can be sent to the address. */
export function isEmail(typed: string): boolean {
  return canonicalEmail(typed) !== null;
}

/** Works as {@link canonicalEmail}, but keeps the case of the local part: for senders, whose mail servers may distinguish it. */
export function mailboxOf(typed: string): string | null {
  const parts = partsOf(typed);
  return parts === null ? null : `${parts.local}@${parts.domain}`;
}

function hasPunycode(address: string): boolean {
  return address.includes('xn--', address.indexOf('@'));
}

function slowly(typed: string): string | null {
  const parts = partsOf(typed);
  if (parts === null) return null;
  const local = parts.local.toLowerCase().normalize('NFC');
  return isLocalPart(local) && isShortEnough(local, parts.domain)
    ? `${local}@${parts.domain}`
    : null;
}

function partsOf(typed: string): { local: string; domain: string } | null {
  if (typed.length > MAX_TYPED_LENGTH || !typed.isWellFormed()) return null;
  const text = withoutBlanks(typed).normalize('NFC');
  const at = text.lastIndexOf('@');
  const local = text.slice(0, at);
  if (at < 1 || INVISIBLE.test(text) || !isLocalPart(local)) return null;
  const domain = asciiDomain(text.slice(at + 1));
  if (domain === null) return null;
  return isShortEnough(local, domain) ? { local, domain } : null;
}

function isShortEnough(local: string, domain: string): boolean {
  return Buffer.byteLength(local) + 1 + domain.length <= MAX_EMAIL_LENGTH;
}

function isLocalPart(local: string): boolean {
  return (
    Buffer.byteLength(local) <= MAX_LOCAL_OCTETS && LOCAL_PART.test(local) && !hasDisguise(local)
  );
}

/** Returns whether a character resembles an ASCII one, as full-width letters, ligatures and superscript digits do. */
function hasDisguise(local: string): boolean {
  for (const character of local) {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the pattern covers all of ASCII.
    if (character > '\x7f' && /[\x00-\x7f]/.test(character.normalize('NFKC'))) return true;
  }
  return false;
}

/** Returns the DNS form of a domain (UTS 46), or `null` if it is no domain or an IP address. */
function asciiDomain(typed: string): string | null {
  if (!TYPED_DOMAIN.test(typed)) return null;
  const labels = typed.normalize('NFKC').toLowerCase().split(/[.。]/);
  // The conversion reads a numeric last label as part of an IPv4 address.
  if (/^(?:\d+|0x[\da-f]*)$/.test(labels.at(-1) ?? '')) return null;
  const domain = domainToASCII(typed);
  const isDomain = domain.length <= 253 && domain.split('.').every((label) => LABEL.test(label));
  return isDomain && (!/(?:^|\.)xn--/.test(domain) || isReadable(domain)) ? domain : null;
}

/** Returns whether every `xn--…` label decodes to characters that users may type. */
function isReadable(domain: string): boolean {
  const written = domainToUnicode(domain);
  return (
    !/(?:^|\.)xn--/.test(written) &&
    TYPED_DOMAIN.test(written) &&
    !INVISIBLE.test(written) &&
    domainToASCII(written) === domain
  );
}

/** Removes surrounding spaces and tabs. Line ends stay: no user types them into an address. */
export function withoutBlanks(text: string): string {
  let from = 0;
  let to = text.length;
  while (from < to && isBlank(text.charCodeAt(from))) from++;
  while (to > from && isBlank(text.charCodeAt(to - 1))) to--;
  return text.slice(from, to);
}

function isBlank(unit: number): boolean {
  return (
    unit === 0x20 ||
    unit === 0x09 ||
    unit === 0xa0 ||
    (unit >= 0x2000 && unit <= 0x200a) ||
    unit === 0x202f ||
    unit === 0x205f ||
    unit === 0x3000
  );
}

/**
 * Parses an operator's sender: `Usher <no-reply@example.com>` or a bare address. The name may be quoted. It may also contain quotes,
 * because a template may insert an application's name.
 * @returns `null` if no mail can be sent from it
 */
export function readSender(text: string): { name?: string; address: string } | null {
  const [, named = '', bracketed] = /^([^<>]*)<\s*([^<>\s]+)\s*>\s*$/.exec(text) ?? [];
  const address = bracketed ?? text.trim();
  if (!isEmail(address)) return null;
  const name = named.trim();
  const quoted = /^"((?:[^"\\]|\\.)*)"$/.exec(name)?.[1];
  const shown = (quoted?.replace(/\\(.)/g, '$1') ?? name).trim();
  return shown === '' ? { address } : { name: shown, address };
}
