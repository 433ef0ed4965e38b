import { domainToASCII, domainToUnicode } from 'node:url';

/** Of a whole address (RFC 5321 §4.5.3.1.3), in octets. */
export const MAX_EMAIL_LENGTH = 254;
const MAX_LOCAL_OCTETS = 64;
// More than an address with blanks around it has; what is longer is not looked at.
const MAX_TYPED_LENGTH = 2000;

/** What nearly every address looks like; decides without the Unicode patterns below. */
const PLAIN =
  /^[a-z0-9_+-]+(?:\.[a-z0-9_+-]+)*@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,24}$/;
/** Dot-atoms of RFC 5322, with the letters of RFC 6531. Quotes and comments are refused. */
const LOCAL_PART =
  /^[\p{L}\p{N}\p{M}!#$%&'*+/=?^_`{|}~-]+(?:\.[\p{L}\p{N}\p{M}!#$%&'*+/=?^_`{|}~-]+)*$/u;
/** Before the mapping to ASCII, which would take a slash for the end and %41 for a letter. The ideographic full stops count as dots. */
const TYPED_DOMAIN = /^[\p{L}\p{N}\p{M}.。．｡-]+$/u;
const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
/** Characters that nobody sees, some of them letters by category: two addresses would look the same. */
const INVISIBLE = /\p{Default_Ignorable_Code_Point}/u;

/**
 * The one form in which an address is kept and compared: Unicode NFC, lower case, the domain as DNS knows it (`xn--…`), without the blanks
 * around it.
 * @returns null for what no mail can be sent to: not one address, quoted parts, IP literals, characters that nobody sees
 */
export function canonicalEmail(typed: string): string | null {
  if (typed.length <= MAX_EMAIL_LENGTH && PLAIN.test(typed)) {
    return typed.indexOf('@') <= MAX_LOCAL_OCTETS && !hasPunycode(typed) ? typed : slowly(typed);
  }
  return slowly(typed);
}

/** Whether a mail can be sent to it. */
export function isEmail(typed: string): boolean {
  return canonicalEmail(typed) !== null;
}

/** As {@link canonicalEmail}, with the local part's case as written: for senders, whose mail servers may know a difference. */
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

/** Whether a character stands for an ASCII one, as full-width letters, ligatures and raised digits do: others would take it for that. */
function hasDisguise(local: string): boolean {
  for (const character of local) {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the whole of ASCII is meant.
    if (character > '\x7f' && /[\x00-\x7f]/.test(character.normalize('NFKC'))) return true;
  }
  return false;
}

/** As DNS knows it (UTS 46); null: it is none, or the address of a machine. */
function asciiDomain(typed: string): string | null {
  if (!TYPED_DOMAIN.test(typed)) return null;
  const labels = typed.normalize('NFKC').toLowerCase().split(/[.。]/);
  // The mapping takes a last label that is a number for a part of an IPv4 address.
  if (/^(?:\d+|0x[\da-f]*)$/.test(labels.at(-1) ?? '')) return null;
  const domain = domainToASCII(typed);
  const isDomain = domain.length <= 253 && domain.split('.').every((label) => LABEL.test(label));
  return isDomain && (!/(?:^|\.)xn--/.test(domain) || isReadable(domain)) ? domain : null;
}

/** Whether every `xn--…` label stands for letters, and for no others than people may type. */
function isReadable(domain: string): boolean {
  const written = domainToUnicode(domain);
  return (
    !/(?:^|\.)xn--/.test(written) &&
    TYPED_DOMAIN.test(written) &&
    !INVISIBLE.test(written) &&
    domainToASCII(written) === domain
  );
}

/** Without spaces and tabs around it. Line ends stay: no one types them into an address. */
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
 * A sender as operators write it: `Usher <no-reply@example.com>` or a bare address. The name may stand in quotes, and may have quotes in it,
 * for a template may take it from an application.
 * @returns null for what no mail can be sent from
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
