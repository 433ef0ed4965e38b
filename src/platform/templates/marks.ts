/**
 * Where a value comes from is written into its characters: those that mean something in HTML are other characters, which no text has, from
 * the begin of a rendering to its end. So a value is escaped once, whatever a template does with it meanwhile.
 * They are noncharacters (Unicode 16, 23.7), which are for such inner use.
 */
const SIGNS = ['&', '<', '>', '"', "'"] as const;
const FIRST = 0xfdd0;
const MARKED = /[\ufdd0-\ufdd4]/g;
/** With those that stand for something else. */
const OURS = /[\ufdd0-\ufddf]/g;
const DEEPEST = 100;

/** Makes a text's signs marked ones. */
export function mark(text: string): string {
  return text.replace(/[&<>"']/g, (sign) =>
    String.fromCharCode(FIRST + SIGNS.indexOf(sign as (typeof SIGNS)[number])),
  );
}

/** The text as it was, with its signs. */
export function plain<T>(value: T): T;
export function plain(value: unknown): unknown {
  return typeof value === 'string' ? value.replace(MARKED, signOf) : value;
}

/** The text as HTML: what was marked is escaped, the rest is markup. */
export function escapeMarked(text: string): string {
  return text.replace(MARKED, (character) => `&#${signOf(character).charCodeAt(0)};`);
}

/** Takes away what only marks may be. */
export function withoutMarks(text: string): string {
  return text.replace(OURS, '');
}

/** Marks every text of plain data, those that name a property too. */
export function markAll(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return mark(withoutMarks(value));
  if (typeof value !== 'object' || value === null) return value;
  if (depth > DEEPEST) return null;
  if (Array.isArray(value)) return value.map((one) => markAll(one, depth + 1));
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
