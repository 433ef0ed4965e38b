import {
  CaseTag,
  type Context,
  defaultOperators,
  type Emitter,
  type FilterImplOptions,
  IfTag,
  Liquid,
  type Operators,
  Tag,
  type TagToken,
  type TopLevelToken,
  UnlessTag,
} from 'liquidjs';
import { mark, plain } from './marks.ts';

/** The target of a template's outputs: HTML, in which values must not become markup, or plain text. */
export type Setting = 'html' | 'text';

export type Limits = { parseLimit: number; renderLimit: number; memoryLimit: number };

/** Filters that could create markup characters. They get the plain value, and their result is marked again. */
const REMADE = [
  'url_decode',
  'url_encode',
  'cgi_escape',
  'uri_escape',
  'slugify',
  'strip_html',
  'base64_encode',
  'base64_decode',
  'sha256',
  'hmac_sha256',
  'json',
  'jsonify',
  'inspect',
];

/** Filters whose first argument is searched for in the value. */
const LOOKING = [
  'split',
  'replace',
  'replace_first',
  'replace_last',
  'remove',
  'remove_first',
  'remove_last',
];

/** Filters whose second argument is compared with a property. */
const COMPARING = ['where', 'reject', 'has', 'find', 'find_index'];

/**
 * Creates the Liquid engine for mails and pages: no files, bounded, and unknown filters and tags are errors at parse time. Values are
 * marked at the input and the output (`marks.ts`). The template's own text is markup.
 */
export function createEngine(setting: Setting, limits: Limits): Liquid {
  const engine = new Liquid({
    ...limits,
    templates: {},
    relativeReference: false,
    cache: false,
    ownPropertyOnly: true,
    strictFilters: true,
    jsTruthy: false,
    operators: OPERATORS,
  });
  for (const name of REMADE) around(engine, name, (call, value, args) => remade(call, value, args));
  for (const name of LOOKING) around(engine, name, lookedFor);
  for (const name of COMPARING) {
    around(engine, name, (call, value, [property, expected, ...rest]) =>
      call(
        value,
        property,
        typeof expected === 'string' ? mark(plain(expected)) : expected,
        ...rest,
      ),
    );
  }
  engine.registerFilter('raw', plain);
  if (setting === 'text') {
    for (const name of ['escape', 'escape_once', 'xml_escape']) engine.registerFilter(name, same);
    engine.registerFilter('newline_to_br', same);
  }
  const escaping = engine.filters.escape;
  if (escaping !== undefined) engine.registerFilter('h', escaping);
  engine.registerTag('if', IfOrElseif);
  engine.registerTag('unless', UnlessOrElseif);
  engine.registerTag('case', CaseOfPlain);
  engine.registerTag('debug', setting === 'html' ? DebugAsHtml : Debug);
  for (const name of ['include', 'render', 'layout', 'block']) engine.registerTag(name, NoFiles);
  return engine;
}

type Call = (value: unknown, ...args: unknown[]) => unknown;

/** Wraps a filter of Liquid. */
function around(
  engine: Liquid,
  name: string,
  wrapper: (call: Call, value: unknown, args: unknown[]) => unknown,
): void {
  const own: FilterImplOptions | undefined = engine.filters[name];
  const handler = typeof own === 'function' ? own : own?.handler;
  if (handler === undefined) throw new Error(`Liquid has no filter ${name}.`);
  engine.registerFilter(name, function (value: unknown, ...args: unknown[]) {
    return wrapper((first, ...rest) => handler.call(this, first, ...rest), value, args);
  });
}

function remade(call: Call, value: unknown, args: unknown[]): unknown {
  // Values inside an object stay marked, and characters that a filter adds are marked too.
  const made = call(plain(value), ...args.map((argument) => plain(argument)));
  return typeof made === 'string' ? mark(made) : made;
}

function lookedFor(call: Call, value: unknown, [wanted, ...rest]: unknown[]): unknown {
  const isThere = typeof wanted !== 'string' || String(value).includes(wanted);
  return call(value, isThere ? wanted : mark(wanted), ...rest);
}

function same(value: unknown): unknown {
  return value;
}

/** Compares the plain value, because a template compares it with its own text. */
function comparing(name: string, plainRight: (left: unknown, right: unknown) => unknown) {
  const own = defaultOperators[name];
  if (own === undefined) throw new Error(`Liquid has no operator ${name}.`);
  const operator: typeof own = (left: unknown, right: unknown, context) =>
    own(plain(left), plainRight(left, right), context);
  return operator;
}

const OPERATORS: Operators = {
  ...defaultOperators,
  '==': comparing('==', (_left, right) => plain(right)),
  '!=': comparing('!=', (_left, right) => plain(right)),
  contains: comparing('contains', (left, right) =>
    Array.isArray(left) && typeof right === 'string' ? mark(plain(right)) : plain(right),
  ),
};

/** Auth0's documentation of mails writes `elseif`, Liquid `elsif`. */
function readElseif(tokens: TopLevelToken[]): TopLevelToken[] {
  if (seen.has(tokens)) return tokens;
  seen.add(tokens);
  for (const token of tokens as Partial<TagToken>[]) {
    if (token.name === 'elseif') token.name = 'elsif';
  }
  return tokens;
}
const seen = new WeakSet<TopLevelToken[]>();

type Parser = ConstructorParameters<typeof IfTag>[3];

class IfOrElseif extends IfTag {
  constructor(token: TagToken, rest: TopLevelToken[], liquid: Liquid, parser: Parser) {
    super(token, readElseif(rest), liquid, parser);
  }
}

class UnlessOrElseif extends UnlessTag {
  constructor(token: TagToken, rest: TopLevelToken[], liquid: Liquid, parser: Parser) {
    super(token, readElseif(rest), liquid, parser);
  }
}

class CaseOfPlain extends CaseTag {
  constructor(token: TagToken, rest: TopLevelToken[], liquid: Liquid, parser: Parser) {
    super(token, rest, liquid, parser);
    const value = this.value.value.bind(this.value);
    this.value.value = function* (context, lenient) {
      return plain(yield value(context, lenient));
    };
  }
}

/** `{% debug %}` lists the variables of a template (Auth0, "Customize email templates"). */
class Debug extends Tag {
  render(context: Context, emitter: Emitter): void {
    emitter.write(mark(JSON.stringify(context.environments, null, 2) ?? ''));
  }
}

class DebugAsHtml extends Debug {
  override render(context: Context, emitter: Emitter): void {
    emitter.write('<pre>');
    super.render(context, emitter);
    emitter.write('</pre>');
  }
}

class NoFiles extends Tag {
  constructor(token: TagToken, rest: TopLevelToken[], liquid: Liquid) {
    super(token, rest, liquid);
    throw new Error(`tag "${token.name}" is not available: templates cannot include files`);
  }
  render(): void {}
}
