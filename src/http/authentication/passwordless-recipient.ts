import type { Connection } from '../../records/connections/connections.ts';

const E_MAIL = /^[^\s@\0]+@[^\s@\0]+$/;
const PHONE = /^\+[0-9]{5,15}$/;

/** Whether people log in to this user store with codes. */
export function isPasswordless({ strategy }: Connection): boolean {
  return strategy === 'email' || strategy === 'sms';
}

/** The address or number a code goes to, as it is kept; null: it is none. */
export function recipientOf({ strategy }: Connection, said: unknown): string | null {
  if (typeof said !== 'string' || !said.isWellFormed()) return null;
  const text = said.trim();
  if (strategy === 'sms') return PHONE.test(text) ? text : null;
  return text.length <= 320 && E_MAIL.test(text) ? text.toLowerCase() : null;
}
