import type { TagToken } from 'liquidjs';
import { createLanguage, type Fault, faultOf } from '../templates/templates.ts';

/** The two things a page template must have a place for, as HTML. */
export type PageParts = { head: string; widget: string };

export type PageProblem =
  | { kind: 'too-long' }
  | { kind: 'tags-missing' }
  | { kind: 'faulty'; problem: string };

export type PageOutcome = { kind: 'ok'; html: string } | Fault;

export const PAGE_TEMPLATE_MAX_CHARACTERS = 102_400;

// It is rendered while somebody waits, and others wait behind it: what takes longer is refused.
const LIMITS = { parseLimit: 200_000, renderLimit: 250, memoryLimit: 4_000_000 };
const MAX_OUTPUT = 512 * 1024;

// What the two parts stand for until the rest is written; no source and no value has them.
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
 * Renders the page around what we show. Values are escaped; time, memory and length are bounded; files can't be reached.
 * @param parts.head what `{%- auth0:head -%}` stands for
 */
export function renderPageTemplate(
  source: string,
  variables: Record<string, unknown>,
  parts: PageParts,
): PageOutcome {
  try {
    const around = language.render(source, variables);
    // A part within a condition, a loop or a comment may be missing, or be there twice.
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

/** What is wrong with a page template, by rendering it once; null when nothing is. */
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

/** HTML that is put into one of our own pages, with the same bounds; what is wrong with it when it can't be. */
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

/** What is wrong with HTML to be put into a page; null when nothing is. */
export function checkFragment(source: string): string | null {
  const rendered = renderFragment(source, {});
  return rendered.kind === 'ok' ? null : (rendered.problem.split('\n')[0] ?? '');
}
