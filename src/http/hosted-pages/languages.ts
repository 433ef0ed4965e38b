import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

/** The texts of one language: groups of groups of texts, as in its file. */
export type Texts = { [key: string]: string | Texts };

export type Language = { tag: string; texts: Texts };

const FOLDER = join(import.meta.dirname, 'languages');
const FALLBACK = 'en';

/** Reads every file of the folder: adding a language is adding a file. */
export function readLanguages(): Map<string, Language> {
  return new Map(
    readdirSync(FOLDER)
      .filter((name) => name.endsWith('.json'))
      .map((name) => {
        const tag = basename(name, '.json');
        const texts: Texts = JSON.parse(readFileSync(join(FOLDER, name), 'utf8'));
        return [tag, { tag, texts }];
      }),
  );
}

/**
 * The best language we have.
 * @param wishes BCP 47 tags separated by blanks (OpenID Connect Core 3.1.2.1, `ui_locales`); they win
 * @param accepted the Accept-Language header (RFC 9110, 12.5.4)
 * @param enabled the only tags that may be chosen; the first that we have is for everybody else
 */
export function chooseLanguage(
  languages: Map<string, Language>,
  wishes: string | undefined,
  accepted: string | undefined,
  enabled: readonly string[] = [...languages.keys()],
): Language {
  const find = (tag: string) =>
    languages.get(tag) ?? languages.get(tag.split('-')[0]?.toLowerCase() ?? '');
  const allowed = enabled.flatMap((tag) => find(tag) ?? []);
  const wanted = [...(wishes ?? '').slice(0, 200).split(/\s+/), ...byWeight(accepted ?? '')];
  for (const tag of wanted) {
    const found = find(tag);
    if (found && allowed.includes(found)) return found;
  }
  // English for everybody, unless the operator names other languages only.
  const english = languages.get(FALLBACK) ?? { tag: FALLBACK, texts: {} };
  return allowed.includes(english) ? english : (allowed[0] ?? english);
}

function byWeight(header: string): string[] {
  return header
    .slice(0, 500)
    .split(',')
    .map((part) => {
      const [tag = '', ...parameters] = part.trim().split(';');
      const weight = parameters.map((one) => one.trim()).find((one) => one.startsWith('q='));
      return { tag: tag.trim(), weight: weight === undefined ? 1 : Number(weight.slice(2)) };
    })
    .filter(({ tag, weight }) => tag !== '' && weight > 0)
    .sort((a, b) => b.weight - a.weight)
    .map(({ tag }) => tag);
}

/** A text by its path, such as `dead.used.title`. */
export function textAt(texts: Texts, path: string): string {
  let value: string | Texts | undefined = texts;
  for (const key of path.split('.')) value = typeof value === 'object' ? value[key] : undefined;
  return typeof value === 'string' ? value : path;
}

/** Puts values in the places of `{name}`. */
export function fill(text: string, values: Record<string, string | number>): string {
  return text.replace(/\{(\w+)\}/g, (mark, name) =>
    Object.hasOwn(values, name) ? String(values[name]) : mark,
  );
}
