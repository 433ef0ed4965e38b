import type { TagToken } from 'liquidjs';
import { createLanguage, type Fault, faultOf } from '../templates/templates.ts';

/** The two parts that a page template must include, as HTML. */
export type PageParts = { head: string; widget: string };

export type PageProblem =
  | { kind: 'too-long' }
  | { kind: 'tags-missing' }
  | { kind: 'faulty'; problem: string };

export type PageOutcome = { kind: 'ok'; html: string } | Fault;

export const PAGE_TEMPLATE_MAX_CHARACTERS = 102_400;

// A user waits for the rendering, and others wait behind it. A slower one is refused.
const LIMITS = { parseLimit: 200_000, renderLimit: 250, memoryLimit: 4_000_000 };
const MAX_OUTPUT = 512 * 1024;

// Placeholders of the two parts during the rendering. No source and no value contains them.
const PLACES = { head: '\ufdd8', widget: '\ufdd9' };

const language = createLanguage('html', LIMITS, 20, (engine) => {
  /** `{%- auth0:head -%}` and `{%- auth0:widget -%}`: Liquid reads `auth0` as the tag and the rest as its argument. */
  engine.registerTag('auth0', {
    parse(token: TagToken) {
      const part = /^:(head|widget)$/.exec(token.args.trim())?.[1];
      if (part === undefined) throw new Error(`tag "auth0${token.args.trim()}" not found`);
      this.part = part;
    },
    render(_context, emitter) {
      emitter.write(this.part === 'head' ? PLACES.head : PLACES.widget);
    },
  });
});

/**
 * Renders the page template around our parts. Values are escaped. Time, memory and length are bounded, and files are inaccessible.
 * @param parts.head HTML for `{%- auth0:head -%}`
 */
export function renderPageTemplate(
  source: string,
  variables: Record<string, unknown>,
  parts: PageParts,
): PageOutcome {
  try {
    const around = language.render(source, variables);
    // Inside a condition, a loop or a comment a part may be missing or repeated.
    const once = Object.values(PLACES).every((place) => around.split(place).length === 2);
    if (!once) {
      const problem = 'head and widget must be rendered once each';
      return { kind: 'faulty', problem, isOverBudget: false };
    }
    return notTooLong(
      around.replace(PLACES.head, () => parts.head).replace(PLACES.widget, () => parts.widget),
    );
  } catch (error) {
    return faultOf(error);
  }
}

/** Returns the problem of a page template, found by rendering it once, or `null` if it has none. */
export function checkPageTemplate(source: string): PageProblem | null {
  if (source.length > PAGE_TEMPLATE_MAX_CHARACTERS) return { kind: 'too-long' };
  if (
    !['head', 'widget'].every((part) =>
      new RegExp(`\\{%-?\\s*auth0:${part}\\s*-?%\\}`).test(source),
    )
  ) {
    return { kind: 'tags-missing' };
  }
  const sample = { head: '<!-- head -->', widget: '<!-- widget -->' };
  const rendered = renderPageTemplate(source, {}, sample);
  return rendered.kind === 'ok' ? null : rendered;
}

/** Renders HTML that is inserted into one of our own pages, within the same bounds, or returns its problem. */
export function renderFragment(source: string, variables: Record<string, unknown>): PageOutcome {
  try {
    return notTooLong(language.render(source, variables));
  } catch (error) {
    return faultOf(error);
  }
}

function notTooLong(html: string): PageOutcome {
  return html.length > MAX_OUTPUT
    ? { kind: 'faulty', problem: 'the page is too long', isOverBudget: true }
    : { kind: 'ok', html };
}

/** Returns the problem of HTML for a page, or `null` if it has none. */
export function checkFragment(source: string): string | null {
  const rendered = renderFragment(source, {});
  return rendered.kind === 'ok' ? null : (rendered.problem.split('\n')[0] ?? '');
}
