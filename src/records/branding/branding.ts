import type { Db } from '../../platform/db/db.ts';
import {
  all,
  type Document,
  find,
  insertOnly,
  type Key,
  merge,
  put,
  remove,
  replace,
  version,
} from './documents.ts';

/** Colors, logo and icons. */
export type BrandSettings = {
  primary?: string;
  /** A color, or a gradient in the API's format. */
  pageBackground?: string | Document;
  logoUrl?: string;
  faviconUrl?: string;
  fontUrl?: string;
};

export type Theme = { id: string } & Document;

/** Texts of one prompt in one language: screen → key → text. */
export type PromptTexts = { prompt: string; language: string; texts: Document };

/** HTML of one prompt: screen → insertion point → Liquid. */
export type PromptPartials = { prompt: string; partials: Document };

/** Returns a version that changes with every write or deletion of branding. */
export async function brandingVersion(db: Db): Promise<string> {
  return version(db);
}

/** Returns the settings; empty if none were set. */
export async function brandSettings(db: Db): Promise<BrandSettings> {
  return (await find(db, { kind: 'settings' })) ?? {};
}

/** Changes the named settings. `null` deletes a setting. */
export async function changeBrandSettings(
  db: Db,
  changes: { [name in keyof BrandSettings]?: BrandSettings[name] | null },
  now: Date,
): Promise<BrandSettings> {
  return merge(db, { kind: 'settings' }, changes, now);
}

/** Returns the operator's page template, or `null` for the built-in page. */
export async function pageTemplate(db: Db): Promise<string | null> {
  const found = await find(db, { kind: 'page-template' });
  return typeof found?.body === 'string' ? found.body : null;
}

export async function writePageTemplate(
  db: Db,
  body: string,
  now: Date,
): Promise<{ kind: 'inserted' | 'replaced' }> {
  return put(db, { kind: 'page-template' }, { body }, now);
}

/** Deletes the page template. Returns false if there is none. */
export async function deletePageTemplate(db: Db): Promise<boolean> {
  return remove(db, { kind: 'page-template' });
}

/** Returns the themes. The first one is in effect. */
export async function themes(db: Db): Promise<Theme[]> {
  const found = await all(db, 'theme');
  return found.map(({ name, value }) => ({ id: name, ...value }));
}

export async function findTheme(db: Db, id: string): Promise<Theme | null> {
  const value = await find(db, { kind: 'theme', name: id });
  return value && { id, ...value };
}

/** Inserts the only theme. Returns `duplicate` if there is one. */
export async function insertTheme(
  db: Db,
  id: string,
  value: Document,
  now: Date,
): Promise<{ kind: 'inserted' | 'duplicate' }> {
  return insertOnly(db, { kind: 'theme', name: id }, value, now);
}

/** Replaces a theme. Returns false if there is no such theme. */
export async function replaceTheme(
  db: Db,
  id: string,
  value: Document,
  now: Date,
): Promise<boolean> {
  return replace(db, { kind: 'theme', name: id }, value, now);
}

/** Deletes a theme. Returns false if there is no such theme. */
export async function deleteTheme(db: Db, id: string): Promise<boolean> {
  return remove(db, { kind: 'theme', name: id });
}

export async function promptTexts(
  db: Db,
  key: { prompt: string; language: string },
): Promise<Document> {
  return (await find(db, { kind: 'texts', name: key.prompt, language: key.language })) ?? {};
}

/** Replaces the texts of a prompt in a language. An empty object deletes them. */
export async function writePromptTexts(
  db: Db,
  { prompt, language, texts }: PromptTexts,
  now: Date,
): Promise<void> {
  const key: Key = { kind: 'texts', name: prompt, language };
  if (Object.keys(texts).length === 0) await remove(db, key);
  else await put(db, key, texts, now);
}

export async function allPromptTexts(db: Db): Promise<PromptTexts[]> {
  const found = await all(db, 'texts');
  return found.map(({ name, language, value }) => ({ prompt: name, language, texts: value }));
}

export async function promptPartials(db: Db, prompt: string): Promise<Document> {
  return (await find(db, { kind: 'partials', name: prompt })) ?? {};
}

export async function writePromptPartials(
  db: Db,
  { prompt, partials }: PromptPartials,
  now: Date,
): Promise<void> {
  const key: Key = { kind: 'partials', name: prompt };
  if (Object.keys(partials).length === 0) await remove(db, key);
  else await put(db, key, partials, now);
}

export async function allPromptPartials(db: Db): Promise<PromptPartials[]> {
  const found = await all(db, 'partials');
  return found.map(({ name, value }) => ({ prompt: name, partials: value }));
}
