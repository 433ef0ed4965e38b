/** Rows of keys from the top: each row as typed without and with shift. */
const KEYBOARDS: readonly (readonly [plain: string, shifted?: string])[][] = [
  [
    ['1234567890-=', '!@#$%^&*()_+'],
    ['qwertyuiop[]', '          {}'],
    ["asdfghjkl;'", '         :"'],
    ['zxcvbnm,./', '       <>?'],
  ],
  [['1234567890', '!"§$%&/()='], ['qwertzuiop'], ['asdfghjkl'], ['yxcvbnm,.-', '       ;:_']],
  [['1234567890'], ['azertyuiop'], ['qsdfghjklm'], ['wxcvbn,;:!']],
  [['1234567890'], ['йцукенгшщзхъ'], ['фывапролджэ'], ['ячсмитьбю.']],
  [['789'], ['456'], ['123'], ['0']],
];
const ROW = 64;

const POSITIONS = KEYBOARDS.map((rows) => {
  const positions = new Map<string, number>();
  for (const [row, sides] of rows.entries()) {
    for (const side of sides) {
      for (let column = 0; column < (side?.length ?? 0); column++) {
        const key = side?.[column] ?? ' ';
        if (key !== ' ') positions.set(key, row * ROW + column);
      }
    }
  }
  return positions;
});

/** The step from one character to the next, as a number other than 0; 0 if they are no neighbors. */
type Step = (from: string, to: string) => number;

const LEAST_IN_ALPHABET = 3;
const LEAST_ON_KEYBOARD = 4;

/**
 * Returns for each place of a folded text the length of the run that begins there, or 0. A run follows an alphabet, or the rows, columns
 * and diagonals of a keyboard, always in one direction or alternating: `cdef`, `7654`, `asdfghjkl;`, `1qaz`, `q1w2e3`.
 */
export function runLengths(text: string): number[] {
  const lengths: number[] = new Array(text.length).fill(0);
  const rulers: [Step, number][] = [
    [inAlphabet, LEAST_IN_ALPHABET],
    ...POSITIONS.map((keys): [Step, number] => [onKeyboard(keys), LEAST_ON_KEYBOARD]),
  ];
  for (const [step, least] of rulers) extend(lengths, text, step, least);
  return lengths;
}

function extend(lengths: number[], text: string, step: Step, least: number): void {
  // Number of steps of the run after its first two, and the steps to the next three places.
  let more = 0;
  let [first, second, third] = [0, 0, 0];
  for (let at = text.length - 2; at >= 0; at--) {
    [first, second, third] = [step(text[at] ?? '', text[at + 1] ?? ''), first, second];
    more = third !== 0 && third === first ? more + 1 : 0;
    if (first === 0 || second === 0) continue;
    const length = 3 + more;
    const isStraight = first === second;
    if (length >= least && (isStraight || length > LEAST_IN_ALPHABET)) {
      lengths[at] = Math.max(lengths[at] ?? 0, length);
    }
  }
}

function inAlphabet(from: string, to: string): number {
  const step = to.charCodeAt(0) - from.charCodeAt(0);
  return (step === 1 || step === -1) && /[\p{L}\p{Nd}]{2}/u.test(from + to) ? step : 0;
}

function onKeyboard(keys: Map<string, number>): Step {
  return (from, to) => {
    const [here, there] = [keys.get(from), keys.get(to)];
    if (here === undefined || there === undefined || here === there) return 0;
    const down = Math.floor(there / ROW) - Math.floor(here / ROW);
    const right = (there % ROW) - (here % ROW);
    return Math.abs(down) <= 1 && Math.abs(right) <= 1 ? down * ROW + right : 0;
  };
}
