import { canonicalEmail, withoutBlanks } from '../email-address/email-address.ts';
import { canonicalPhoneNumber } from '../phone-number/phone-number.ts';

const MAX_LENGTH = 320;

/**
 * Returns the canonical form of an identifier from a login form, used for storage and comparison: an email address, else a phone number,
 * else a username. The input may be anything of any length. The result can be stored, in up to 320 characters.
 */
export function canonicalIdentifier(typed: string): string {
  const address = typed.includes('@') ? canonicalEmail(typed) : canonicalPhoneNumber(typed);
  if (address !== null) return address;
  const cut = withoutBlanks(typed).slice(0, MAX_LENGTH).replaceAll('\0', '\u{fffd}').toWellFormed();
  return cut.normalize('NFC').toLowerCase().normalize('NFC').slice(0, MAX_LENGTH).toWellFormed();
}
