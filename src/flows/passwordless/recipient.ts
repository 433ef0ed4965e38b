import { canonicalEmail } from '../../platform/email-address/email-address.ts';
import { textedPhoneNumber } from '../../platform/phone-number/phone-number.ts';
import type { Connection } from '../../records/connections/connections.ts';

/** Returns the address or number for a connection's codes in its stored form, or `null` if it is invalid. */
export function recipientOf({ strategy }: Connection, said: unknown): string | null {
  if (typeof said !== 'string') return null;
  return strategy === 'sms' ? textedPhoneNumber(said) : canonicalEmail(said);
}
