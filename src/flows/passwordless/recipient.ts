import { canonicalEmail } from '../../platform/email-address/email-address.ts';
import { textedPhoneNumber } from '../../platform/phone-number/phone-number.ts';
import type { Connection } from '../../records/connections/connections.ts';

/** The address or number that codes of a connection go to, as it is kept; null: it is none. */
export function recipientOf({ strategy }: Connection, said: unknown): string | null {
  if (typeof said !== 'string') return null;
  return strategy === 'sms' ? textedPhoneNumber(said) : canonicalEmail(said);
}
