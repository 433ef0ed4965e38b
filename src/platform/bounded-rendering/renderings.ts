import {
  checkFragment,
  checkPageTemplate,
  renderFragment,
  renderPageTemplate,
} from '../page-template/page-template.ts';
import { type RenderOutcome, renderTemplate, type Setting } from '../templates/templates.ts';

/** A template and the context into which its values are inserted. */
export type Part = { source: string; setting: Setting };

/** Maximum length of a rendering, in characters: the limit for the source of a mail. */
const MOST_OUTPUT = 512 * 1024;

/** Renders parts that belong together, and stops at the first that fails. */
function renderParts(
  parts: Part[],
  variables: Record<string, unknown>,
): { kind: 'ok'; texts: string[] } | Exclude<RenderOutcome, { kind: 'ok' }> {
  const texts: string[] = [];
  for (const { source, setting } of parts) {
    const rendered = renderTemplate(source, variables, setting);
    if (rendered.kind === 'faulty') return rendered;
    texts.push(rendered.text);
  }
  const length = texts.reduce((sum, text) => sum + text.length, 0);
  return length > MOST_OUTPUT
    ? { kind: 'faulty', problem: `it says more than ${MOST_OUTPUT} characters`, isOverBudget: true }
    : { kind: 'ok', texts };
}

/** The functions that the other thread offers. */
export const RENDERINGS = {
  renderParts,
  renderFragment,
  renderPageTemplate,
  checkFragment,
  checkPageTemplate,
};

export type Renderings = typeof RENDERINGS;
