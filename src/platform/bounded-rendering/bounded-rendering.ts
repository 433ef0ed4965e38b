import { sha256 } from '../crypto/crypto.ts';
import type { PageParts, PageProblem } from '../page-template/page-template.ts';
import type { RenderOutcome, Setting } from '../templates/templates.ts';
import { createRenderThread } from './render-thread.ts';
import type { Renderings } from './renderings.ts';

const onThread = createRenderThread();

/** What went over its budget is not tried again for a while: everybody else waits behind it. */
const REMEMBERED_MS = 60_000;
const MOST_REMEMBERED = 100;
const overBudget = new Map<string, { until: number; problem: string }>();

async function run<Name extends keyof Renderings>(
  name: Name,
  args: Parameters<Renderings[Name]>,
): Promise<{ result: ReturnType<Renderings[Name]> } | { problem: string }> {
  const key = `${name} ${sha256(String(args[0])).toString('base64url')}`;
  const known = overBudget.get(key);
  if (known && known.until > performance.now()) return { problem: known.problem };
  overBudget.delete(key);
  const done = await onThread({ name, args });
  if (done.kind === 'done') return { result: done.result as ReturnType<Renderings[Name]> };
  if (overBudget.size >= MOST_REMEMBERED) overBudget.clear();
  overBudget.set(key, { until: performance.now() + REMEMBERED_MS, problem: done.problem });
  return { problem: done.problem };
}

/**
 * Renders a template that an operator wrote, off the thread that serves requests: within a second and 64 MB, or it is faulty.
 * @param variables plain data
 */
export async function renderTemplateBounded(
  source: string,
  variables: Record<string, unknown>,
  setting: Setting,
): Promise<RenderOutcome> {
  // Most senders and subjects have nothing to fill in.
  if (!source.includes('{{') && !source.includes('{%')) return { kind: 'ok', text: source };
  const done = await run('renderTemplate', [source, variables, setting]);
  return 'result' in done ? done.result : { kind: 'faulty', problem: done.problem };
}

/** The same for the page around what we show. */
export async function renderPageBounded(
  source: string,
  variables: Record<string, unknown>,
  parts: PageParts,
): Promise<{ kind: 'ok'; html: string } | { kind: 'faulty'; problem: string }> {
  const done = await run('renderPageTemplate', [source, variables, parts]);
  return 'result' in done ? done.result : { kind: 'faulty', problem: done.problem };
}

/** What is wrong with a page template, by rendering it once; null when nothing is. */
export async function checkPageBounded(source: string): Promise<PageProblem | null> {
  const done = await run('checkPageTemplate', [source]);
  return 'result' in done ? done.result : { kind: 'faulty', problem: done.problem };
}

/** What is wrong with HTML to be put into a page; null when nothing is. */
export async function checkFragmentBounded(source: string): Promise<string | null> {
  const done = await run('checkFragment', [source]);
  return 'result' in done ? done.result : done.problem;
}
