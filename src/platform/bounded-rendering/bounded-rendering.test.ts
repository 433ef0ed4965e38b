import { expect, test } from 'vitest';
import {
  checkFragmentBounded,
  checkPageBounded,
  renderTemplateBounded,
} from './bounded-rendering.ts';

const BOMB =
  '{% assign x = "0123456789" %}{% tablerow i in (1..900) cols:1 %}{% tablerow j in (1..900) cols:1 %}{{ x }}{% endtablerow %}{% endtablerow %}';
const around = (source: string) => `{% auth0:head %}${source}{% auth0:widget %}`;

test('what an ordinary template says is rendered', async () => {
  const outcome = await renderTemplateBounded('Hello {{ name }}', { name: '<b>' }, 'html');
  expect(outcome).toEqual({ kind: 'ok', text: 'Hello &#60;b&#62;' });
  expect(await renderTemplateBounded('{% if %}', {}, 'text')).toMatchObject({ kind: 'faulty' });
  expect(await checkPageBounded(around('x'))).toBeNull();
  expect(await checkFragmentBounded('<p>{{ a }}</p>')).toBeNull();
});

test('a template that asks for too much is faulty, and this thread goes on meanwhile', async () => {
  let turns = 0;
  const turning = setInterval(() => turns++, 1);
  const before = process.memoryUsage().rss;
  const outcomes = await Promise.all([
    renderTemplateBounded(BOMB, {}, 'html'),
    renderTemplateBounded(`${BOMB} `, {}, 'text'),
    checkFragmentBounded(BOMB),
    checkPageBounded(around(BOMB)),
  ]);
  clearInterval(turning);
  expect(outcomes[0]).toMatchObject({ kind: 'faulty' });
  expect(outcomes[1]).toMatchObject({ kind: 'faulty' });
  expect(outcomes[2]).toEqual(expect.any(String));
  expect(outcomes[3]).toMatchObject({ kind: 'faulty' });
  expect(turns).toBeGreaterThan(10);
  expect(process.memoryUsage().rss - before).toBeLessThan(250 * 1024 * 1024);
  // And the next one is served.
  expect(await renderTemplateBounded('{{ a }}', { a: 1 }, 'text')).toEqual({
    kind: 'ok',
    text: '1',
  });
});
