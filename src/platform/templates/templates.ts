import { Liquid, type Template as Parsed } from 'liquidjs';

/** What a template's outputs are put into: HTML, where values must not become markup, or plain text. */
export type Setting = 'html' | 'text';

export type RenderOutcome = { kind: 'ok'; text: string } | { kind: 'faulty'; problem: string };

// Templates are written by operators, but one that loops a billion times must not stop the server.
const LIMITS = { parseLimit: 1_000_000, renderLimit: 1000, memoryLimit: 20_000_000 };

// No template includes a file.
const NO_FILES = {
  readFileSync: () => noFiles(),
  readFile: async () => noFiles(),
  existsSync: () => false,
  exists: async () => false,
  contains: async () => false,
  containsSync: () => false,
  resolve: (_root: string, file: string) => file,
};

function noFiles(): string {
  throw new Error('Templates can not include files.');
}

function createEngine(setting: Setting): Liquid {
  const engine = new Liquid({
    ...LIMITS,
    fs: NO_FILES,
    relativeReference: false,
    cache: false,
    ownPropertyOnly: true,
    strictFilters: true,
    jsTruthy: false,
    ...(setting === 'html' && { outputEscape: escapeHtml }),
  });
  // Templates brought along escape by hand; doing it twice would show `&amp;`.
  if (setting === 'html') {
    engine.registerFilter('escape', { raw: true, handler: escapeHtml });
    engine.registerFilter('h', { raw: true, handler: escapeHtml });
  }
  return engine;
}

/** Makes a value safe inside HTML text and quoted attributes. */
export function escapeHtml(value: unknown): string {
  const text = value === null || value === undefined ? '' : String(value);
  return text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

const engines: Record<Setting, Liquid> = {
  html: createEngine('html'),
  text: createEngine('text'),
};

const CACHE_SIZE = 200;
const caches: Record<Setting, Map<string, Parsed[]>> = { html: new Map(), text: new Map() };

function parse(source: string, setting: Setting): Parsed[] {
  const cache = caches[setting];
  const known = cache.get(source);
  if (known !== undefined) return known;
  const parsed = engines[setting].parse(source);
  const oldest = cache.keys().next();
  if (cache.size >= CACHE_SIZE && !oldest.done) cache.delete(oldest.value);
  cache.set(source, parsed);
  return parsed;
}

/**
 * Renders a Liquid template. Values are escaped in HTML unless the template says `| raw`; unknown variables are empty; files can't
 * be reached; time and memory are bounded.
 */
export function renderTemplate(
  source: string,
  variables: Record<string, unknown>,
  setting: Setting,
): RenderOutcome {
  try {
    const text: unknown = engines[setting].renderSync(parse(source, setting), variables);
    return { kind: 'ok', text: String(text) };
  } catch (error) {
    return { kind: 'faulty', problem: error instanceof Error ? error.message : 'unknown' };
  }
}

/** What is wrong with a template's syntax; null when nothing is. */
export function checkTemplate(source: string): string | null {
  try {
    parse(source, 'text');
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : 'unknown';
  }
}
