import { canonicalEmail, withoutBlanks } from '../email-address/email-address.ts';
import { canonicalPhoneNumber } from '../phone-number/phone-number.ts';

const MAX_LENGTH = 320;

/**
 * What somebody types into a login form, in the one form that counts and is compared: an e-mail, else a phone number, else a user name.
 * May be given anything, of any length; what is returned can be stored, in at most 320 characters.
 */
export function canonicalIdentifier(typed: string): string {
  const address = typed.includes('@') ? canonicalEmail(typed) : canonicalPhoneNumber(typed);
  if (address !== null) return address;
  const cut = withoutBlanks(typed).slice(0, MAX_LENGTH).replaceAll('\0', '\u{fffd}').toWellFormed();
  return cut.normalize('NFC').toLowerCase().normalize('NFC').slice(0, MAX_LENGTH).toWellFormed();
}
