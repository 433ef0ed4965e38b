/** Languages of the built-in mails and text messages. Pages have a file of texts for each. */
export const LANGUAGES = ['en', 'de', 'fr'] as const;
export type Language = (typeof LANGUAGES)[number];

/** The language in which every text exists. */
export const FALLBACK: Language = 'en';

/** Returns the language of a tag without region and script, in lower case (BCP 47): `pt` of `pt-BR`. */
export function baseOf(tag: string): string {
  return (tag.split(/[-_]/)[0] ?? '').toLowerCase();
}

/**
 * Returns the best offered tag. For each wish in turn it tries the same tag, then one with fewer parts (RFC 4647, 3.4, lookup), then
 * another of the same language.
 * @param wishes BCP 47 tags, the most wanted first
 * @param offered in order of preference, in the form that is returned
 */
export function matchLocale<T extends string>(
  wishes: readonly string[],
  offered: readonly T[],
): T | null {
  const find = (tag: string) => offered.find((t) => t.toLowerCase() === tag);
  for (const wish of wishes) {
    const parts = wish.toLowerCase().split(/[-_]/);
    for (let count = parts.length; count > 0; count--) {
      const found = find(parts.slice(0, count).join('-'));
      if (found !== undefined) return found;
    }
    const relative = offered.find((t) => baseOf(t) === parts[0]);
    if (relative !== undefined) return relative;
  }
  return null;
}

/** Returns the language that the metadata asks for: the first of `lang`, `locale` and `language`, or `null`. */
export function preferredLocale(metadata: Record<string, unknown> | null): string | null {
  for (const key of ['lang', 'locale', 'language']) {
    const value = metadata?.[key];
    if (typeof value === 'string' && value !== '') return value;
  }
  return null;
}

/**
 * Returns the language of a mail or text message: the wished one, else the operator's default, else English.
 * @param enabled the operator's tags, the default first
 */
export function languageFor(wish: string | null, enabled: readonly string[]): Language {
  const wished = wish === null ? null : matchLocale([wish], LANGUAGES);
  return wished ?? matchLocale(enabled, LANGUAGES) ?? FALLBACK;
}

const RIGHT_TO_LEFT = new Set(['ar', 'arc', 'ckb', 'dv', 'fa', 'he', 'ps', 'sd', 'ug', 'ur', 'yi']);

/** Returns the writing direction of a language. */
export function directionOf(tag: string): 'ltr' | 'rtl' {
  return RIGHT_TO_LEFT.has(baseOf(tag)) ? 'rtl' : 'ltr';
}
