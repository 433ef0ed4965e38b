/** Those that built-in mails and text messages are written in. Pages have a file of texts for each. */
export const LANGUAGES = ['en', 'de', 'fr'] as const;
export type Language = (typeof LANGUAGES)[number];

/** What everything is written in. */
export const FALLBACK: Language = 'en';

/** The language of a tag without region and script, in lower case (BCP 47): `pt` of `pt-BR`. */
export function baseOf(tag: string): string {
  return (tag.split(/[-_]/)[0] ?? '').toLowerCase();
}

/**
 * The best of what there is: for each wish in turn the same tag, then one with fewer parts (RFC 4647, 3.4, lookup), then another of the same
 * language.
 * @param wishes BCP 47 tags, the dearest first
 * @param offered in the order of preference, in the form that is returned
 */
export function matchLocale<T extends string>(
  wishes: readonly string[],
  offered: readonly T[],
): T | null {
  const find = (tag: string) => offered.find((one) => one.toLowerCase() === tag);
  for (const wish of wishes) {
    const parts = wish.toLowerCase().split(/[-_]/);
    for (let count = parts.length; count > 0; count--) {
      const found = find(parts.slice(0, count).join('-'));
      if (found !== undefined) return found;
    }
    const relative = offered.find((one) => baseOf(one) === parts[0]);
    if (relative !== undefined) return relative;
  }
  return null;
}

/** What somebody wants, as metadata says it: the first of `lang`, `locale` and `language`; null: nothing is said. */
export function wishedLocale(metadata: Record<string, unknown> | null): string | null {
  for (const key of ['lang', 'locale', 'language']) {
    const value = metadata?.[key];
    if (typeof value === 'string' && value !== '') return value;
  }
  return null;
}

/**
 * The language of a mail or a text message: the wished one, else the first that the operator has named, else English.
 * @param enabled tags that the operator has named, the default first
 */
export function languageFor(wish: string | null, enabled: readonly string[]): Language {
  const wished = wish === null ? null : matchLocale([wish], LANGUAGES);
  return wished ?? matchLocale(enabled, LANGUAGES) ?? FALLBACK;
}

const RIGHT_TO_LEFT = new Set(['ar', 'arc', 'ckb', 'dv', 'fa', 'he', 'ps', 'sd', 'ug', 'ur', 'yi']);

/** Where lines of a language begin. */
export function directionOf(tag: string): 'ltr' | 'rtl' {
  return RIGHT_TO_LEFT.has(baseOf(tag)) ? 'rtl' : 'ltr';
}
