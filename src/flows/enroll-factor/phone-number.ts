/** A number as it is kept (E.164), from how people write it: with blanks, hyphens, brackets, or 00 for the plus. null: it is none. */
export function readPhoneNumber(typed: string): string | null {
  const plain = typed.replace(/[\s().\-/]/g, '').replace(/^00/, '+');
  return /^\+[1-9]\d{6,14}$/.test(plain) ? plain : null;
}
