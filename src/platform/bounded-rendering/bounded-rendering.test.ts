import { expect, test } from 'vitest';
import {
  checkFragmentBounded,
  checkPageBounded,
  renderFragmentBounded,
  renderPageBounded,
  renderPartsBounded,
  renderTemplateBounded,
} from './bounded-rendering.ts';
import { createOverBudget } from './over-budget.ts';
import { createRenderThread } from './render-thread.ts';

const TABLE =
  '{% assign x = "0123456789" %}{% tablerow i in (1..900) cols:1 %}{% tablerow j in (1..900) cols:1 %}{{ x }}{% endtablerow %}{% endtablerow %}';
const NESTED = (tag: string) =>
  `${'{% for i in (1..9999) %}'.repeat(6)}${tag}${'{% endfor %}'.repeat(6)}`;
const around = (source: string) => `{% auth0:head %}${source}{% auth0:widget %}`;
const LIMITS = { mostWaiting: 1000, inHand: 16 };
const onePart = (source: string) => ({
  name: 'renderParts',
  args: [[{ source, setting: 'text' }], {}],
});
const values = { name: 'x'.repeat(2000), list: Array.from({ length: 300 }, (_, n) => `${n}`) };

test('an ordinary template is rendered', async () => {
  const outcome = await renderTemplateBounded(
    'person',
    'Hello {{ name }}',
    { name: '<b>' },
    'html',
  );
  expect(outcome).toEqual({ kind: 'ok', text: 'Hello &#60;b&#62;' });
  const parts = [
    { source: '{{ name }}!', setting: 'text' },
    { source: 'plain', setting: 'text' },
    { source: '{{ name }}', setting: 'html' },
  ] as const;
  expect(await renderPartsBounded('mails', [...parts], { name: '<' })).toEqual({
    kind: 'ok',
    texts: ['<!', 'plain', '&#60;'],
  });
  expect(await checkPageBounded(around('x'))).toBeNull();
  expect(await checkFragmentBounded('<p>{{ a }}</p>')).toBeNull();
});

test('a faulty template is reported as a mistake, not as over its budget', async () => {
  const fault = { kind: 'faulty', isOverBudget: false };
  expect(await renderTemplateBounded('person', '{% if %}', {}, 'text')).toMatchObject(fault);
  expect(await renderFragmentBounded('{{ a | nosuchfilter }}', {})).toMatchObject(fault);
  expect(await renderPageBounded('{% auth0:head %}', {}, { head: '', widget: '' })).toMatchObject(
    fault,
  );
});

test.each([
  ['tables within tables', TABLE],
  ['loops within loops', NESTED('x')],
  ['loops that say nothing', NESTED('{% assign y = i %}')],
  [
    'a text that doubles',
    `{% assign x = name %}${'{% assign x = x | append: x %}'.repeat(40)}{{ x }}`,
  ],
  [
    'a text that grows where it is replaced',
    `{% assign x = name %}${'{% assign x = x | replace: "x", x %}'.repeat(4)}{{ x }}`,
  ],
  [
    'captures within captures',
    `{% assign x = name %}${'{% capture x %}{% for i in (1..100) %}{{ x }}{% endfor %}{% endcapture %}'.repeat(5)}{{ x }}`,
  ],
  ['a range without end', '{% for i in (1..100000000000) %}x{% endfor %}'],
  [
    'a list that doubles',
    `{% assign l = list %}${'{% assign l = l | concat: l %}'.repeat(30)}{{ l }}`,
  ],
  [
    'a text that is cut and joined',
    `{% assign x = name %}${'{% assign x = x | split: "" | join: "xxxxxxxx" %}'.repeat(8)}{{ x }}`,
  ],
  [
    'blocks as deep as they may be long',
    `${'{% if true %}'.repeat(30_000)}${'{% endif %}'.repeat(30_000)}`,
  ],
  ['a long page', '{% for i in (1..60000) %}0123456789{% endfor %}'],
])('%s exceeds its budget, and the next template is rendered', async (_what, source) => {
  const before = process.memoryUsage().rss;
  const outcomes = await Promise.all([
    renderTemplateBounded('mails', source, values, 'html'),
    renderFragmentBounded(source, values),
    renderPageBounded(around(source), values, { head: '', widget: '' }),
    renderTemplateBounded('mails', '{{ a }}', { a: 1 }, 'text'),
  ]);
  const over = { kind: 'faulty', isOverBudget: true };
  expect(outcomes).toMatchObject([over, over, over, { kind: 'ok', text: '1' }]);
  expect(process.memoryUsage().rss - before).toBeLessThan(250 * 1024 * 1024);
});

test('a slow template is rendered off this thread, which continues meanwhile', async () => {
  let turns = 0;
  const turning = setInterval(() => turns++, 1);
  const problems = await Promise.all([
    checkFragmentBounded(TABLE),
    checkPageBounded(around(TABLE)),
    renderTemplateBounded('trial', TABLE, {}, 'html'),
  ]);
  clearInterval(turning);
  expect(problems).toEqual([
    expect.stringContaining('limit exceeded'),
    expect.objectContaining({ kind: 'faulty' }),
    expect.objectContaining({ kind: 'faulty' }),
  ]);
  expect(turns).toBeGreaterThan(100);
});

test('a dying thread loses only one rendering, and the next thread does the others in hand', async () => {
  const onThread = createRenderThread(LIMITS);
  const rendering = (n: number) => ({
    name: 'renderParts',
    args: [[{ source: '{{ n }}', setting: 'text' }], { n }],
  });
  const jobs = [rendering(1), { name: 'no such rendering', args: [] }, rendering(2), rendering(3)];
  const done = (text: string) => ({ kind: 'done', result: { kind: 'ok', texts: [text] } });
  for (let round = 0; round < 2; round++) {
    const outcomes = await Promise.all(jobs.map((job) => onThread(job)));
    const over = { kind: 'over', problem: expect.stringContaining('rendering ended') };
    expect(outcomes).toEqual([done('1'), over, done('2'), done('3')]);
  }
  // Values that cannot be transferred to the thread do no harm either.
  const strange = { name: 'renderParts', args: [[], { n: () => 1 }] };
  expect(await onThread(strange)).toMatchObject({ kind: 'unavailable' });
  expect(await onThread(rendering(4))).toEqual(done('4'));
});

test('a stuck thread is ended, and the next one continues', async () => {
  const onThread = createRenderThread({ ...LIMITS, mostMs: 100 });
  await onThread(onePart('x'));
  const outcomes = await Promise.all([onThread(onePart(TABLE)), onThread(onePart('{{ 1 }}'))]);
  expect(outcomes).toMatchObject([
    { kind: 'over', problem: 'it takes longer than 100 ms' },
    { kind: 'done', result: { texts: ['1'] } },
  ]);
});

test('neither people nor mails wait behind a flood of trials', async () => {
  const slow = '{% for i in (1..20000) %}{{ i }}{% endfor %}';
  const ended: string[] = [];
  const trials = Array.from({ length: 40 }, () =>
    renderTemplateBounded('trial', slow, {}, 'text').then(
      () => ended.push('trial'),
      () => {},
    ),
  );
  for (const lane of ['person', 'mails'] as const) {
    const outcome = await renderTemplateBounded(lane, '{{ a }}', { a: 1 }, 'text');
    expect(outcome).toEqual({ kind: 'ok', text: '1' });
  }
  expect(ended.length).toBeLessThan(20);
  await Promise.all(trials);
  expect(ended.length).toBeLessThan(40);
});

test('renderings beyond the queue limit are refused at once', async () => {
  const onThread = createRenderThread({ mostWaiting: 2, inHand: 1 });
  await onThread(onePart('x'));
  const outcomes = await Promise.all(Array.from({ length: 5 }, () => onThread(onePart('{{ 1 }}'))));
  expect(outcomes.map(({ kind }) => kind)).toEqual([
    'done',
    'done',
    'done',
    'unavailable',
    'unavailable',
  ]);
});

test('a rendering that waited too long is refused at its turn', async () => {
  const onThread = createRenderThread({ mostWaiting: 9, mostWaitMs: 1, inHand: 1 });
  await onThread(onePart('x'));
  const slow = '{% for i in (1..20000) %}{{ i }}{% endfor %}';
  const outcomes = await Promise.all([slow, '{{ 1 }}'].map((each) => onThread(onePart(each))));
  expect(outcomes[1]?.kind).toBe('unavailable');
  expect((await onThread(onePart('{{ 1 }}'))).kind).toBe('done');
});

test('a template over its budget three times within a minute is paused for a while', () => {
  let now = 0;
  const overBudget = createOverBudget(() => now);
  const [key, another] = [() => 'a', () => 'b'];
  for (let times = 1; times <= 3; times++) {
    expect(overBudget.refusal(key)).toBeNull();
    overBudget.note(key, 'too much');
  }
  expect(overBudget.refusal(key)).toBe('too much');
  expect(overBudget.refusal(another)).toBeNull();
  now += 60_000;
  expect(overBudget.refusal(key)).toBeNull();
});
