import { sha256 } from '../crypto/crypto.ts';
import type { PageOutcome, PageParts, PageProblem } from '../page-template/page-template.ts';
import { Refusal } from '../refusal/refusal.ts';
import type { Fault, RenderOutcome, Setting } from '../templates/templates.ts';
import { createOverBudget } from './over-budget.ts';
import { createRenderThread } from './render-thread.ts';
import type { Part, Renderings } from './renderings.ts';

export type { Part } from './renderings.ts';

/**
 * The caller that waits: a person at a page, a batch of mails, or an operator who tests a template. Each lane has its own thread, so no
 * lane waits for another.
 */
export type Lane = 'person' | 'mails' | 'trial';

const threads: Record<Lane, ReturnType<typeof createRenderThread>> = {
  // A page without the operator's text is better than a page that comes too late.
  person: createRenderThread({ mostWaiting: 1000, mostWaitMs: 3000, inHand: 4 }),
  // Mails come in batches, and refused ones wait in the outbox.
  mails: createRenderThread({ mostWaiting: 1000, inHand: 16 }),
  // Each trial may take a second. Later ones are refused at once.
  trial: createRenderThread({ mostWaiting: 20, inHand: 4 }),
};
const BUSY = 'Too many templates are being tested. Try again in a few seconds.';
const overBudget = createOverBudget(() => performance.now());

async function run<Name extends keyof Renderings>(
  lane: Lane,
  name: Name,
  args: Parameters<Renderings[Name]>,
): Promise<{ result: ReturnType<Renderings[Name]> } | { fault: Fault }> {
  let made: string | undefined;
  const key = () => (made ??= sha256(JSON.stringify([lane, name, args[0]])).toString('base64url'));
  const refusal = () => (lane === 'trial' ? null : overBudget.refusal(key));
  const done = await threads[lane]({ name, args }, refusal);
  if (done.kind === 'done') {
    const result = done.result as ReturnType<Renderings[Name]>;
    if (tookTooMuch(result)) overBudget.note(key, result.problem);
    return { result };
  }
  if (done.kind === 'over') overBudget.note(key, done.problem);
  // This outcome says nothing about the template.
  if (done.kind === 'unavailable' && lane === 'trial') throw new Refusal('unavailable', BUSY);
  return { fault: { kind: 'faulty', problem: done.problem, isOverBudget: true } };
}

function tookTooMuch(result: unknown): result is Fault {
  return Object(result).isOverBudget === true;
}

/** Most senders and subjects contain no variables. */
const isPlain = (source: string) => !source.includes('{{') && !source.includes('{%');

/**
 * Renders a template that an operator wrote, off the thread that serves requests. A template that needs more than a second or 64 MB is
 * faulty.
 * @param variables plain data
 * @throws Refusal `unavailable` in the lane `trial` if too many trials wait. In the other lanes that is a fault.
 */
export async function renderTemplateBounded(
  lane: Lane,
  source: string,
  variables: Record<string, unknown>,
  setting: Setting,
): Promise<RenderOutcome> {
  const done = await renderPartsBounded(lane, [{ source, setting }], variables);
  return done.kind === 'ok' ? { kind: 'ok', text: done.texts[0] ?? '' } : done;
}

/** Renders parts that belong together, such as subject and body of a mail. They share one budget; the first fault is returned. */
export async function renderPartsBounded(
  lane: Lane,
  parts: Part[],
  variables: Record<string, unknown>,
): Promise<{ kind: 'ok'; texts: string[] } | Fault> {
  if (parts.every(({ source }) => isPlain(source))) {
    return { kind: 'ok', texts: parts.map(({ source }) => source) };
  }
  const done = await run(lane, 'renderParts', [parts, variables]);
  return 'result' in done ? done.result : done.fault;
}

/** Renders the page template around a page of ours, under the same budget. */
export async function renderPageBounded(
  source: string,
  variables: Record<string, unknown>,
  parts: PageParts,
): Promise<PageOutcome> {
  const done = await run('person', 'renderPageTemplate', [source, variables, parts]);
  return 'result' in done ? done.result : done.fault;
}

/** Renders HTML that is inserted into a page, under the same budget. */
export async function renderFragmentBounded(
  source: string,
  variables: Record<string, unknown>,
): Promise<PageOutcome> {
  if (isPlain(source)) return { kind: 'ok', html: source };
  const done = await run('person', 'renderFragment', [source, variables]);
  return 'result' in done ? done.result : done.fault;
}

/**
 * Returns the problem of a page template, found by rendering it once, or `null` if it has none. Throws as {@link renderTemplateBounded}
 * does.
 */
export async function checkPageBounded(source: string): Promise<PageProblem | null> {
  const done = await run('trial', 'checkPageTemplate', [source]);
  return 'result' in done ? done.result : done.fault;
}

/** Returns the problem of HTML for a page, or `null` if it has none. Throws as {@link renderTemplateBounded} does. */
export async function checkFragmentBounded(source: string): Promise<string | null> {
  const done = await run('trial', 'checkFragment', [source]);
  return 'result' in done ? done.result : done.fault.problem;
}
