// Hyphens and dashes, and characters that nobody sees: copied codes bring them along.
const BETWEEN = /[\s\p{Pd}\p{Cf}._·]/gu;
const DIGIT = /\p{Nd}/gu;

/**
 * The code that somebody means who types or pastes it: without what stands between its characters, in ASCII and capital letters.
 * `123 456`, `１２３４５６` and ` 123-456 ` are `123456`; `wdjb-mjht` is `WDJBMJHT`.
 */
export function readTypedCode(text: string): string {
  return text
    .normalize('NFKC')
    .replace(BETWEEN, '')
    .replace(DIGIT, (digit) => String(numberOf(digit)))
    .toUpperCase();
}

/** Unicode keeps the ten digits of a script together and in order, beginning with the zero. */
function numberOf(digit: string): number {
  let value = 0;
  const point = digit.codePointAt(0) ?? 0;
  while (value < 9 && /\p{Nd}/u.test(String.fromCodePoint(point - value - 1))) value++;
  return value;
}
