import { sha256 } from '../crypto/crypto.ts';
import type { PageOutcome, PageParts, PageProblem } from '../page-template/page-template.ts';
import { Refusal } from '../refusal/refusal.ts';
import type { Fault, RenderOutcome, Setting } from '../templates/templates.ts';
import { createOverBudget } from './over-budget.ts';
import { createRenderThread } from './render-thread.ts';
import type { Part, Renderings } from './renderings.ts';

export type { Part } from './renderings.ts';

/** Who waits: a person at a page, many mails, or an operator who tries a text. Each has a thread, so that none waits for another's. */
export type Lane = 'person' | 'mails' | 'trial';

const threads: Record<Lane, ReturnType<typeof createRenderThread>> = {
  // Rather a page without what the operator wrote than one that comes too late.
  person: createRenderThread({ mostWaiting: 1000, mostWaitMs: 3000, inHand: 4 }),
  // They come in batches, and what is refused waits in the outbox.
  mails: createRenderThread({ mostWaiting: 1000, inHand: 16 }),
  // Each may take a second: who comes later is told at once.
  trial: createRenderThread({ mostWaiting: 20, inHand: 4 }),
};
const BUSY = 'Too many templates are being tried at the moment. Try again in a few seconds.';
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
  // Nothing is known about the template then.
  if (done.kind === 'unavailable' && lane === 'trial') throw new Refusal('unavailable', BUSY);
  return { fault: { kind: 'faulty', problem: done.problem, isOverBudget: true } };
}

function tookTooMuch(result: unknown): result is Fault {
  return Object(result).isOverBudget === true;
}

/** Most senders and subjects have nothing to fill in. */
const isPlain = (source: string) => !source.includes('{{') && !source.includes('{%');

/**
 * Renders a template that an operator wrote, off the thread that serves requests: within a second and 64 MB, or it is faulty.
 * @param variables plain data
 * @throws Refusal `unavailable` when too many are being tried; in the other lanes that is a fault
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

/** The same for parts that belong together, such as subject and body of a mail: one budget, and the first fault. */
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

/** The same for the page around what we show. */
export async function renderPageBounded(
  source: string,
  variables: Record<string, unknown>,
  parts: PageParts,
): Promise<PageOutcome> {
  const done = await run('person', 'renderPageTemplate', [source, variables, parts]);
  return 'result' in done ? done.result : done.fault;
}

/** The same for HTML to be put into a page. */
export async function renderFragmentBounded(
  source: string,
  variables: Record<string, unknown>,
): Promise<PageOutcome> {
  if (isPlain(source)) return { kind: 'ok', html: source };
  const done = await run('person', 'renderFragment', [source, variables]);
  return 'result' in done ? done.result : done.fault;
}

/** What is wrong with a page template, by rendering it once; null when nothing is. Throws as {@link renderTemplateBounded} does. */
export async function checkPageBounded(source: string): Promise<PageProblem | null> {
  const done = await run('trial', 'checkPageTemplate', [source]);
  return 'result' in done ? done.result : done.fault;
}

/** What is wrong with HTML to be put into a page; null when nothing is. Throws as {@link renderTemplateBounded} does. */
export async function checkFragmentBounded(source: string): Promise<string | null> {
  const done = await run('trial', 'checkFragment', [source]);
  return 'result' in done ? done.result : done.fault.problem;
}
