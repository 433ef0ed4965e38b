// Hyphens, dashes and invisible characters, which copied codes may contain.
const BETWEEN = /[\s\p{Pd}\p{Cf}._·]/gu;
const DIGIT = /\p{Nd}/gu;

/**
 * Normalizes a typed or pasted code: without separators, in ASCII and capital letters. `123 456`, `１２３４５６` and ` 123-456 ` become `123456`;
 * `wdjb-mjht` becomes `WDJBMJHT`.
 */
export function readTypedCode(text: string): string {
  return text
    .normalize('NFKC')
    .replace(BETWEEN, '')
    .replace(DIGIT, (digit) => String(numberOf(digit)))
    .toUpperCase();
}

/** Unicode keeps the ten digits of a script together and in order, beginning with zero. */
function numberOf(digit: string): number {
  let value = 0;
  const point = digit.codePointAt(0) ?? 0;
  while (value < 9 && /\p{Nd}/u.test(String.fromCodePoint(point - value - 1))) value++;
  return value;
}
