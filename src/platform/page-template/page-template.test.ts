import { expect, test } from 'vitest';
import { checkPageTemplate, renderFragment, renderPageTemplate } from './page-template.ts';

const PARTS = { head: '<title>T</title>', widget: '<main>W</main>' };
const render = (source: string, variables: Record<string, unknown> = {}) =>
  renderPageTemplate(source, variables, PARTS);
const around = (more: string) => `<head>{%- auth0:head -%}</head>${more}{%- auth0:widget -%}`;

test('head and widget are placed at their tags, with any blanks in the tags', () => {
  expect(render('<a>{% auth0:head %}</a> {%-auth0:widget-%}')).toEqual({
    kind: 'ok',
    html: '<a><title>T</title></a><main>W</main>',
  });
  expect(checkPageTemplate('{%auth0:head%}{%- auth0:widget -%}')).toBeNull();
});

test('values are escaped, also through `escape`', () => {
  const name = '<img src=x onerror=alert(1)>';
  expect(render(around('{{ user.name }}{{ user.name | escape }}'), { user: { name } })).toEqual({
    kind: 'ok',
    html: `<head>${PARTS.head}</head>${'&#60;img src=x onerror=alert(1)&#62;'.repeat(2)}${PARTS.widget}`,
  });
});

test.each([
  ['', { kind: 'tags-missing' }],
  ['{%- auth0:head -%}', { kind: 'tags-missing' }],
  ['{{ "auth0:head" }}{{ "auth0:widget" }}', { kind: 'tags-missing' }],
  [around('x'.repeat(102_400)), { kind: 'too-long' }],
  [around('{% if %}'), { kind: 'faulty' }],
  [around('{% include "/etc/passwd" %}'), { kind: 'faulty' }],
  [around('{% render "x" %}'), { kind: 'faulty' }],
  [around('{% layout "x" %}'), { kind: 'faulty' }],
  [around('{% auth0:evil %}'), { kind: 'faulty' }],
  [around('{{ "x" | nothing }}'), { kind: 'faulty' }],
  ['{% if false %}{% auth0:head %}{% endif %}{% auth0:widget %}', { kind: 'faulty' }],
  ['{% auth0:head %}{% comment %}{% auth0:widget %}{% endcomment %}', { kind: 'faulty' }],
  [around('{% auth0:widget %}'), { kind: 'faulty' }],
  ['{% raw %}{% auth0:head %}{% auth0:widget %}{% endraw %}', { kind: 'faulty' }],
])('%.60s is refused', (source, problem) => {
  expect(checkPageTemplate(source)).toMatchObject(problem);
});

test.each([
  '{% for i in (1..1000000000) %}x{% endfor %}',
  '{% for i in (1..9999) %}{% for j in (1..9999) %}{% for k in (1..9999) %}{% assign x = i %}{% endfor %}{% endfor %}{% endfor %}',
  '{% assign x = "0123456789" %}{% for i in (1..40) %}{% assign x = x | append: x %}{% endfor %}{{ x }}',
  '{% capture x %}{% for i in (1..9000) %}0123456789{% endfor %}{% endcapture %}{% for i in (1..9000) %}{{ x }}{% endfor %}',
])('%.80s takes bounded time and memory', (source) => {
  const before = process.memoryUsage().rss;
  expect(checkPageTemplate(around(source))).toMatchObject({ kind: 'faulty' });
  expect(process.memoryUsage().rss - before).toBeLessThan(150 * 1024 * 1024);
});

test('a template can read only its variables', () => {
  const variables = { user: { name: 'x' } };
  const source =
    '{{ user.constructor }}{{ user.__proto__ }}{{ user.toString }}{{ this }}{{ process }}';
  expect(render(around(source), variables)).toEqual({
    kind: 'ok',
    html: `<head>${PARTS.head}</head>${PARTS.widget}`,
  });
});

test('a fragment cannot include head or widget', () => {
  expect(renderFragment('<p>{{ a }}</p>', { a: '<' })).toEqual({
    kind: 'ok',
    html: '<p>&#60;</p>',
  });
  expect(renderFragment('{% if %}', {})).toMatchObject({ kind: 'faulty' });
});
