import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { baseOf, FALLBACK, matchLocale } from '../../../platform/locales/locales.ts';
import type english from './languages/en.json';

/** The texts of one language: nested groups of texts, as in its file. */
export type Texts = { [key: string]: string | Texts };

type PathsOf<Group> = {
  [Name in keyof Group & string]: Group[Name] extends string
    ? Name
    : `${Name}.${PathsOf<Group[Name]>}`;
}[keyof Group & string];

/** The path of a text, such as `dead.used.title`. */
export type TextPath = PathsOf<typeof english>;

type GroupWith<Path, Name extends string> = Path extends `${infer Group}.${Name}` ? Group : never;
type NameIn<Path, Group extends string> = Path extends `${Group}.${infer Name}` ? Name : never;

/** A group of texts for a page with a headline and an explanation, such as `dead.used`. */
export type MessageTexts = GroupWith<TextPath, 'title'> & GroupWith<TextPath, 'lead'>;

/** A problem of a form: the name of a text in `problem`. */
export type ProblemName = NameIn<TextPath, 'problem'>;

export type Languages = Map<string, Texts>;

/** The texts and tag of one language. */
export type Voice = {
  /** BCP 47. */
  tag: string;
  texts: Texts;
  /** Languages whose custom texts replace them. The first takes precedence. */
  custom: string[];
};

const FOLDER = join(import.meta.dirname, 'languages');

/** Reads every file of the folder. To add a language, add a file. */
export function readLanguages(): Languages {
  return new Map(
    readdirSync(FOLDER)
      .filter((name) => name.endsWith('.json'))
      .map((name) => [
        basename(name, '.json'),
        JSON.parse(readFileSync(join(FOLDER, name), 'utf8')) as Texts,
      ]),
  );
}

/** Returns the enabled languages that have built-in or custom texts. Returns English if there is none. */
export function offeredLanguages(
  languages: Languages,
  enabled: readonly string[],
  written: ReadonlySet<string>,
): string[] {
  const isThere = (tag: string) => languages.has(tag) || written.has(tag);
  const offered = enabled.filter((tag) => isThere(tag) || isThere(baseOf(tag)));
  return offered.length > 0 ? offered : [FALLBACK];
}

/**
 * Returns the best of the offered languages. The first is the fallback, as with Auth0.
 * @param wishes BCP 47 tags separated by spaces (OpenID Connect Core 3.1.2.1, `ui_locales`); they take precedence
 * @param accepted the Accept-Language header (RFC 9110, 12.5.4)
 */
export function chooseLanguage(
  offered: readonly string[],
  wishes: string | undefined,
  accepted: string | undefined,
): string {
  const wanted = [...(wishes ?? '').slice(0, 200).split(/\s+/), ...byWeight(accepted ?? '')];
  return (
    matchLocale(
      wanted.filter((tag) => tag !== ''),
      offered,
    ) ??
    offered[0] ??
    FALLBACK
  );
}

/**
 * Returns the texts of a language. Each text comes from the first source that has it: custom texts of the tag and of the language without
 * region, our texts in it, custom texts of the default language, our texts in that, English.
 * @param offered the first is the default language
 */
export function voiceOf(languages: Languages, tag: string, offered: readonly string[]): Voice {
  const own = languages.get(tag) ?? languages.get(baseOf(tag));
  const custom = [tag, baseOf(tag)];
  if (own !== undefined) return { tag, texts: own, custom: [...new Set(custom)] };
  const fallback = offered[0] ?? FALLBACK;
  const texts = languages.get(fallback) ?? languages.get(baseOf(fallback));
  custom.push(fallback, baseOf(fallback), ...(texts === undefined ? [FALLBACK] : []));
  return { tag, texts: texts ?? languages.get(FALLBACK) ?? {}, custom: [...new Set(custom)] };
}

function byWeight(header: string): string[] {
  return header
    .slice(0, 500)
    .split(',')
    .map((part) => {
      const [tag = '', ...parameters] = part.trim().split(';');
      const weight = parameters
        .map((parameter) => parameter.trim())
        .find((candidate) => candidate.startsWith('q='));
      return { tag: tag.trim(), weight: weight === undefined ? 1 : Number(weight.slice(2)) };
    })
    .filter(({ tag, weight }) => tag !== '' && weight > 0)
    .sort((a, b) => b.weight - a.weight)
    .map(({ tag }) => tag);
}

/** Returns a text by its path, such as `dead.used.title`. */
export function textAt(texts: Texts, path: string): string {
  let value: string | Texts | undefined = texts;
  for (const key of path.split('.')) value = typeof value === 'object' ? value[key] : undefined;
  return typeof value === 'string' ? value : path;
}

/** Replaces each `{name}` with its value. */
export function fill(text: string, values: Record<string, string | number>): string {
  return text.replace(/\{(\w+)\}/g, (mark, name) =>
    Object.hasOwn(values, name) ? String(values[name]) : mark,
  );
}
