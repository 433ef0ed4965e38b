import { AssignTag, EchoTag, type Liquid, Output, type Template as Parsed } from 'liquidjs';
import { createEngine, type Limits, type Setting } from './engine.ts';
import { escapeMarked, markAll, plain, withoutMarks } from './marks.ts';

export type { Setting } from './engine.ts';
export { createPageEngine } from './page-engine.ts';

/** `isOverBudget`: the text is no mistake, but took too much time or memory. With other values it may succeed. */
export type Fault = { kind: 'faulty'; problem: string; isOverBudget: boolean };

export type RenderOutcome = { kind: 'ok'; text: string } | Fault;

// Operators write templates, but one that loops a billion times must not stop the server.
const LIMITS = { parseLimit: 1_000_000, renderLimit: 1000, memoryLimit: 20_000_000 };

/** Escapes a value for HTML text and quoted attributes. */
export function escapeHtml(value: unknown): string {
  const text = value === null || value === undefined ? '' : String(value);
  return text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

/** An unknown variable is empty, unless the rendering is strict. */
type Strictness = { isStrict?: boolean };

export type Language = {
  /** Returns the variables that it outputs, in any branch. @throws as `parse` does */
  outputs(source: string): Set<string>;
  /** Returns the paths that it reads, in any branch, such as `['user', 'email']`. @throws as `parse` does */
  paths(source: string): (string | number)[][];
  /**
   * @param options.isStrict refuses a variable that does not exist
   * @throws Liquid's error if the template cannot be rendered
   */
  render(source: string, variables: Record<string, unknown>, options?: Strictness): string;
  /**
   *
   * @throws Liquid's error if the template is wrong
   */
  parse(source: string): Parsed[];
};

/**
 * Creates a bounded Liquid. Values never become markup, however a template escapes them, except with `| raw`.
 * @param cacheSize number of parsed templates to keep
 */
export function createLanguage(
  setting: Setting,
  limits: Limits,
  cacheSize: number,
  extend: (engine: Liquid) => void = () => {},
): Language {
  const engine = createEngine(setting, limits);
  extend(engine);
  const cache = new Map<string, Parsed[]>();
  function parse(source: string): Parsed[] {
    const known = cache.get(source);
    if (known !== undefined) return known;
    const parsed = engine.parse(withoutMarks(source));
    const oldest = cache.keys().next();
    if (cache.size >= cacheSize && !oldest.done) cache.delete(oldest.value);
    cache.set(source, parsed);
    return parsed;
  }
  function* writing(templates: readonly Parsed[]): Generator<Parsed> {
    for (const template of templates) {
      if (
        template instanceof Output ||
        template instanceof EchoTag ||
        template instanceof AssignTag
      )
        yield template;
      const inner = 'children' in template ? template.children?.(false, true) : undefined;
      if (inner !== undefined) yield* writing(childrenOf(inner));
    }
  }
  return {
    parse,
    paths: (source) => engine.globalVariableSegmentsSync([...parse(source)]).map(namesOf),
    outputs: (source) => new Set(engine.globalVariablesSync([...writing(parse(source))])),
    render(source, variables, { isStrict: strictVariables = false } = {}) {
      const marked = markAll(variables) as Record<string, unknown>;
      const text = String(engine.renderSync(parse(source), marked, { strictVariables }));
      return setting === 'html' ? escapeMarked(text) : plain(text);
    },
  };
}

/** Returns the path up to a part that only a rendering knows, such as `user[name]`. */
function namesOf(segments: readonly unknown[]): (string | number)[] {
  const end = segments.findIndex((part) => typeof part !== 'string' && typeof part !== 'number');
  return segments.slice(0, end < 0 ? segments.length : end) as (string | number)[];
}

/** Returns the children of a tag that contains all its templates: nothing is read for them. */
function childrenOf(inner: Generator<unknown, Parsed[]>): Parsed[] {
  const step = inner.next();
  return step.done === true ? step.value : [];
}

const languages: Record<Setting, Language> = {
  html: createLanguage('html', LIMITS, 200),
  text: createLanguage('text', LIMITS, 200),
};

/**
 * Renders a Liquid template. Values are escaped once in HTML, except with `| raw`. Unknown variables are empty, unless the rendering is
 * strict. Files are inaccessible, and time and memory are bounded.
 */
export function renderTemplate(
  source: string,
  variables: Record<string, unknown>,
  setting: Setting,
  options: Strictness = {},
): RenderOutcome {
  try {
    return { kind: 'ok', text: languages[setting].render(source, variables, options) };
  } catch (error) {
    return faultOf(error);
  }
}

/** Returns Liquid's error as data. */
export function faultOf(error: unknown): Fault {
  const problem = error instanceof Error ? error.message : 'unknown';
  // JavaScript itself limits the length of strings and the depth of nesting.
  const isOverBudget = /\blimit exceeded\b|invalid (?:string|array) length|call stack/i.test(
    problem,
  );
  return { kind: 'faulty', problem, isOverBudget };
}

/** Returns the problem of a template's syntax, or `null` if it has none. */
export function checkTemplate(source: string): string | null {
  try {
    languages.text.parse(source);
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : 'unknown';
  }
}

/** Returns the variables that a template outputs, in any branch. A wrong template has none. */
export function outputsOf(source: string): Set<string> {
  try {
    return languages.html.outputs(source);
  } catch {
    return new Set();
  }
}

/**
 * Returns the variables that a template reads, in any branch, and that the values do not have. For our own texts: an operator's template may
 * read what is not there.
 * @throws Liquid's error if the template is wrong
 */
export function unknownVariables(source: string, values: Record<string, unknown>): string[] {
  return languages.html
    .paths(source)
    .filter((path) => {
      let value: unknown = values;
      for (const name of path) {
        if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return true;
        value = Reflect.get(value, name);
      }
      return value === undefined;
    })
    .map((path) => path.join('.'));
}
