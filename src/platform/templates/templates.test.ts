import { expect, test } from 'vitest';
import { checkTemplate, renderTemplate } from './templates.ts';

const html = (source: string, variables: Record<string, unknown> = {}) =>
  renderTemplate(source, variables, 'html');

test('The condition of the seeds chooses between invitation and password change.', () => {
  const source = `{% if user.app_metadata.invitedToMyApp == true %}invitation{% else %}password change{% endif %}`;
  const invited = { user: { app_metadata: { invitedToMyApp: true } } };
  expect(html(source, invited)).toEqual({ kind: 'ok', text: 'invitation' });
  expect(html(source, { user: { app_metadata: {} } })).toEqual({
    kind: 'ok',
    text: 'password change',
  });
  expect(html(source, {})).toEqual({ kind: 'ok', text: 'password change' });
});

test('Values do not become markup, unless the template says so, and are escaped once.', () => {
  const name = { name: '<b>"Ada" & Co</b>' };
  const escaped = '&#60;b&#62;&#34;Ada&#34; &#38; Co&#60;/b&#62;';
  expect(html('{{ name }}', name)).toEqual({ kind: 'ok', text: escaped });
  expect(html('{{ name | escape }}', name)).toEqual({ kind: 'ok', text: escaped });
  expect(html('{{ name | raw }}', name)).toEqual({ kind: 'ok', text: name.name });
  expect(renderTemplate('{{ name }}', name, 'text')).toEqual({ kind: 'ok', text: name.name });
});

test.each([
  '{% for i in (1..100000000) %}x{% endfor %}',
  '{% include "/etc/passwd" %}',
  '{% render "../../package.json" %}',
  '{% layout "x" %}',
  '{% if %}',
  '{{ a | nosuchfilter }}',
])('A template that asks for too much or is wrong is a fault, not a crash: %s', (source) => {
  expect(html(source).kind).toBe('faulty');
});

test('A template can not reach what objects inherit.', () => {
  expect(html('{{ user.constructor }}{{ user.__proto__ }}', { user: {} })).toEqual({
    kind: 'ok',
    text: '',
  });
});

test('Faults of syntax are named.', () => {
  expect(checkTemplate('Hello {{ name }}')).toBeNull();
  expect(checkTemplate('{% if x %}')).toContain('not closed');
});
