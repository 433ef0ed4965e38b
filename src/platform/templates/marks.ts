/**
 * Marks values inside their characters. During a rendering the characters with a meaning in HTML are replaced by noncharacters, which no
 * text contains (Unicode 16, 23.7, reserves them for internal use). So a value is escaped exactly once, whatever a template does with it.
 */
const SIGNS = ['&', '<', '>', '"', "'"] as const;
const FIRST = 0xfdd0;
const MARKED = /[\ufdd0-\ufdd4]/g;
/** All noncharacters, including the placeholders of a page. */
const OURS = /[\ufdd0-\ufddf]/g;
const DEEPEST = 100;

/** Replaces a text's markup characters by their marks. */
export function mark(text: string): string {
  return text.replace(/[&<>"']/g, (sign) =>
    String.fromCharCode(FIRST + SIGNS.indexOf(sign as (typeof SIGNS)[number])),
  );
}

/** Restores the original characters of a text. */
export function plain<T>(value: T): T;
export function plain(value: unknown): unknown {
  return typeof value === 'string' ? value.replace(MARKED, signOf) : value;
}

/** Returns the text as HTML: marked characters are escaped, the rest is markup. */
export function escapeMarked(text: string): string {
  return text.replace(MARKED, (character) => `&#${signOf(character).charCodeAt(0)};`);
}

/** Removes the noncharacters that are reserved for marks. */
export function withoutMarks(text: string): string {
  return text.replace(OURS, '');
}

/** Marks every text of plain data, including property names. */
export function markAll(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return mark(withoutMarks(value));
  if (typeof value !== 'object' || value === null) return value;
  if (depth > DEEPEST) return null;
  if (Array.isArray(value)) return value.map((each) => markAll(each, depth + 1));
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return value;
  const marked: Record<string, unknown> = Object.create(null);
  for (const [key, one] of Object.entries(value)) {
    marked[mark(withoutMarks(key))] = markAll(one, depth + 1);
  }
  return marked;
}

function signOf(character: string): string {
  return SIGNS[character.charCodeAt(0) - FIRST] ?? '';
}
