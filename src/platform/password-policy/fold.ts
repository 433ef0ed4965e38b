// Letters that Unicode does not decompose into a Latin letter and a mark.
const SPELLED: Record<string, string> = {
  ß: 'ss',
  æ: 'ae',
  œ: 'oe',
  ø: 'o',
  ł: 'l',
  đ: 'd',
  ð: 'd',
  þ: 'th',
  ı: 'i',
  ς: 'σ',
  ё: 'е',
};
const MARKS = /(?<=[\p{Script=Latin}\p{Script=Greek}])[\u0300-\u036f]+/gu;

/** Characters that people type in place of a letter that looks like them. */
const LOOKALIKES: Record<string, string> = {
  '@': 'a',
  '4': 'a',
  '8': 'b',
  '(': 'c',
  '3': 'e',
  '6': 'g',
  '9': 'g',
  '1': 'il',
  '!': 'il',
  '|': 'il',
  '0': 'o',
  '5': 's',
  $: 's',
  '7': 't',
  '+': 't',
  '2': 'z',
};

/** Returns the text in lower case, in one Unicode form. */
export function lowered(text: string): string {
  return text.normalize('NFKC').toLowerCase();
}

/** Works as {@link lowered}, and removes the accents of Latin and Greek letters: Kästner becomes kastner. */
export function folded(text: string): string {
  const bare = lowered(text).normalize('NFD').replace(MARKS, '').normalize('NFC');
  return bare.replace(/[ßæœøłđðþıςё]/g, (letter) => SPELLED[letter] ?? letter);
}

/** Returns the letters that a folded character may represent: itself first, `a` for `@`. */
export function readings(character: string): string {
  return character + (LOOKALIKES[character] ?? '');
}
