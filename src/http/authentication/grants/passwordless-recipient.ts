import { canonicalEmail } from '../../../platform/email-address/email-address.ts';
import { textedPhoneNumber } from '../../../platform/phone-number/phone-number.ts';
import type { Connection } from '../../../records/connections/connections.ts';

/** Whether people log in to this user store with codes. */
export function isPasswordless({ strategy }: Connection): boolean {
  return strategy === 'email' || strategy === 'sms';
}

/** The address or number a code goes to, as it is kept; null: it is none. */
export function recipientOf({ strategy }: Connection, said: unknown): string | null {
  if (typeof said !== 'string') return null;
  return strategy === 'sms' ? textedPhoneNumber(said) : canonicalEmail(said);
}
