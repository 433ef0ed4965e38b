import {
  checkFragment,
  checkPageTemplate,
  renderFragment,
  renderPageTemplate,
} from '../page-template/page-template.ts';
import { type RenderOutcome, renderTemplate, type Setting } from '../templates/templates.ts';

/** A template and what its values are put into. */
export type Part = { source: string; setting: Setting };

/** What a rendering may say, in characters: as much as the source of a mail. */
const MOST_OUTPUT = 512 * 1024;

/** Renders parts that belong together until one fails. */
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

/** What can be done on the other thread. */
export const RENDERINGS = {
  renderParts,
  renderFragment,
  renderPageTemplate,
  checkFragment,
  checkPageTemplate,
};

export type Renderings = typeof RENDERINGS;
