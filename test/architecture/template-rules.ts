import type { Liquid } from 'liquidjs';
import { type Texts, textAt } from '../../src/http/hosted-pages/page/languages.ts';
import type { Problems } from './rules.ts';

/**
 * Returns what a template reads, in every branch, as paths such as `t.login.title`.
 * @param partials whether to look into the layout and the templates that it renders
 */
function pathsOf(engine: Liquid, template: string, partials: boolean): string[] {
  return engine
    .globalVariableSegmentsSync(engine.parseFileSync(template), { partials })
    .map((segments) => segments.filter((segment) => typeof segment === 'string').join('.'));
}

/** A text that a template names exists in every language. Otherwise the page has a gap. */
export function templateTextsExist(
  engine: Liquid,
  template: string,
  languages: ReadonlyMap<string, Texts>,
): Problems {
  const named = pathsOf(engine, template, false).filter((path) => path.startsWith('t.'));
  return [...languages].flatMap(([language, texts]) =>
    named
      .filter((path) => textAt(texts, path.slice(2)) === path.slice(2) && !isGroup(path, texts))
      .map((path) => `${template}: reads ${path}, which ${language} lacks`),
  );
}

/** `t` itself is handed to partial templates. */
function isGroup(path: string, texts: Texts): boolean {
  return path === 't' || typeof texts[path.slice(2)] === 'object';
}

/**
 * A template reads only values that it gets, and all of them. This finds a misspelt name also where no sample leads.
 * @param samples values of the template, from which one at least has each path
 * @param given the names that every template gets, and need not read
 */
export function templateReadsItsValues(
  engine: Liquid,
  template: string,
  samples: readonly Record<string, unknown>[],
  given: readonly string[],
): Problems {
  const paths = pathsOf(engine, template, true).filter(
    (path) => !given.includes(path.split('.')[0] ?? ''),
  );
  const names = new Set(samples.flatMap((sample) => Object.keys(sample)));
  const read = new Set(pathsOf(engine, template, true).map((path) => path.split('.')[0]));
  return [
    ...paths
      .filter((path) => !samples.some((sample) => hasPath(sample, path.split('.'))))
      .map((path) => `${template}: reads ${path}, which no page has`),
    ...[...names]
      .filter((name) => !read.has(name) && !given.includes(name))
      .map((name) => `${template}: does not read its value ${name}`),
  ];
}

function hasPath(value: unknown, [name, ...more]: string[]): boolean {
  if (name === undefined) return true;
  // Liquid's own property of lists.
  if (Array.isArray(value)) return name === 'size';
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return false;
  return hasPath(Reflect.get(value, name), more);
}
