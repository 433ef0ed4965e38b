import { AssignTag, EchoTag, type Liquid, Output, type Template as Parsed } from 'liquidjs';
import { createEngine, type Limits, type Setting } from './engine.ts';
import { escapeMarked, markAll, plain, withoutMarks } from './marks.ts';

export type { Setting } from './engine.ts';

/** `isOverBudget`: it is no mistake of the text, but took more time or memory than it may; with other values it may not. */
export type Fault = { kind: 'faulty'; problem: string; isOverBudget: boolean };

export type RenderOutcome = { kind: 'ok'; text: string } | Fault;

// Templates are written by operators, but one that loops a billion times must not stop the server.
const LIMITS = { parseLimit: 1_000_000, renderLimit: 1000, memoryLimit: 20_000_000 };

/** Makes a value safe inside HTML text and quoted attributes. */
export function escapeHtml(value: unknown): string {
  const text = value === null || value === undefined ? '' : String(value);
  return text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

export type Language = {
  /** The variables that it writes, in whatever branch. @throws as `parse` does */
  outputs(source: string): Set<string>;
  /** @throws what Liquid throws about a template that can't be rendered */
  render(source: string, variables: Record<string, unknown>): string;
  /** @throws what Liquid throws about a template that is wrong */
  parse(source: string): Parsed[];
};

/**
 * Liquid with bounds of its own. Values never become markup, however a template escapes them, unless it says `| raw`.
 * @param cacheSize how many parsed templates are kept
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
    for (const one of templates) {
      if (one instanceof Output || one instanceof EchoTag || one instanceof AssignTag) yield one;
      const inner = 'children' in one ? one.children?.(false, true) : undefined;
      if (inner !== undefined) yield* writing(childrenOf(inner));
    }
  }
  return {
    parse,
    outputs: (source) => new Set(engine.globalVariablesSync([...writing(parse(source))])),
    render(source, variables) {
      const marked = markAll(variables) as Record<string, unknown>;
      const text = String(engine.renderSync(parse(source), marked));
      return setting === 'html' ? escapeMarked(text) : plain(text);
    },
  };
}

/** Those of a tag whose templates are all here: nothing is read for them. */
function childrenOf(inner: Generator<unknown, Parsed[]>): Parsed[] {
  const step = inner.next();
  return step.done === true ? step.value : [];
}

const languages: Record<Setting, Language> = {
  html: createLanguage('html', LIMITS, 200),
  text: createLanguage('text', LIMITS, 200),
};

/**
 * Renders a Liquid template. Values are escaped once in HTML unless the template says `| raw`; unknown variables are empty; files can't
 * be reached; time and memory are bounded.
 */
export function renderTemplate(
  source: string,
  variables: Record<string, unknown>,
  setting: Setting,
): RenderOutcome {
  try {
    return { kind: 'ok', text: languages[setting].render(source, variables) };
  } catch (error) {
    return faultOf(error);
  }
}

/** What Liquid has thrown, as data. */
export function faultOf(error: unknown): Fault {
  const problem = error instanceof Error ? error.message : 'unknown';
  // Strings have a longest length, and what nests has an end, of the language's own.
  const isOverBudget = /\blimit exceeded\b|invalid (?:string|array) length|call stack/i.test(
    problem,
  );
  return { kind: 'faulty', problem, isOverBudget };
}

/** What is wrong with a template's syntax; null when nothing is. */
export function checkTemplate(source: string): string | null {
  try {
    languages.text.parse(source);
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : 'unknown';
  }
}

/** The variables that a template writes, in whatever branch; none of a template that is wrong. */
export function outputsOf(source: string): Set<string> {
  try {
    return languages.html.outputs(source);
  } catch {
    return new Set();
  }
}
