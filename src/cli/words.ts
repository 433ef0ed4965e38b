const WHOLE = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });
const ONE_DIGIT = new Intl.NumberFormat('en-US', { maximumFractionDigits: 1 });

/** Formats 10000 as `10,000`. */
export function count(value: number): string {
  return WHOLE.format(value);
}

/** Returns a number with its noun: `1 row`, `2 rows`. */
export function counted(value: number, singular: string, many = `${singular}s`): string {
  return `${count(value)} ${value === 1 ? singular : many}`;
}

/** Formats bytes in the most readable unit, such as `2.4 MB`. */
export function bytes(value: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let amount = value;
  let unit = 0;
  while (amount >= 1000 && unit < units.length - 1) {
    amount /= 1000;
    unit += 1;
  }
  return `${(amount < 10 && unit > 0 ? ONE_DIGIT : WHOLE).format(amount)} ${units[unit]}`;
}

/** Formats seconds: `0.4 s`, `12 s`, `3 min 20 s`, `2 h 5 min`. */
export function duration(seconds: number): string {
  if (seconds < 10) return `${ONE_DIGIT.format(seconds)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) {
    return whole % 60 === 0 ? `${minutes} min` : `${minutes} min ${whole % 60} s`;
  }
  return `${count(Math.floor(minutes / 60))} h ${minutes % 60} min`;
}

/** Shortens a text to `width` characters. Cuts the middle, because the end of a text matters as much as its beginning. */
export function shortened(text: string, width: number): string {
  const letters = Array.from(text);
  if (letters.length <= width) return text;
  const end = Math.floor((width - 1) / 2);
  const begin = width - 1 - end;
  return `${letters.slice(0, begin).join('')}…${letters.slice(letters.length - end).join('')}`;
}

/** Wraps a text between words into lines of up to `width` characters. Shortens a longer word. */
export function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(/\s+/).map((part) => shortened(part, width))) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) {
      lines[lines.length - 1] = `${last} ${word}`;
    } else lines.push(word);
  }
  return lines;
}
