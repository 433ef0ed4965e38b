import { expect, test } from 'vitest';
import { checkTemplate, renderTemplate, unknownVariables } from './templates.ts';

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
  '{{ name }}',
  '{{ name | escape }}',
  '{{ name | h }}',
  '{{ name | escape_once }}',
  '{{ name | xml_escape }}',
  '{{ name | escape | escape }}',
  '{{ name | escape | default: "there" }}',
  '{{ name | escape | truncate: 22 }}',
  '{{ name | append: "" | strip }}',
  '{% assign n = name | escape %}{{ n }}',
  '{% capture c %}{{ name | escape }}{% endcapture %}{{ c }}',
  '{% capture c %}{{ name }}{% endcapture %}{{ c | escape }}',
  '{{ name | url_encode | url_decode }}',
  '{{ name | base64_encode | base64_decode }}',
  '{{ name | split: "&" | join: "&" | replace: "&", "@" | replace: "@", name_sign }}',
  '{% for part in list %}{{ part }}{% endfor %}',
  '{% for part in map %}{{ part[0] }}{% endfor %}',
])('A value is escaped once in HTML and never in text: %s', (source) => {
  const name = `<b> "O'Neil" & Co </b>`;
  const variables = { name, name_sign: '&', list: [name], map: { [name]: 1 } };
  const escaped = '&#60;b&#62; &#34;O&#39;Neil&#34; &#38; Co &#60;/b&#62;';
  expect(html(source, variables)).toEqual({ kind: 'ok', text: escaped });
  expect(renderTemplate(source, variables, 'text')).toEqual({ kind: 'ok', text: name });
});

test.each([
  '{{ "%3Cscript%3E" | url_decode }}',
  '{{ encoded | url_decode }}',
  '{{ coded | base64_decode }}',
  '{{ user | json }}',
  '{{ user | inspect }}',
  '{% debug %}',
  '{{ pretended }}',
])('No filter makes markup of a value: %s', (source) => {
  const outcome = html(source, {
    encoded: '%3Cscript%3E%22',
    coded: 'PHNjcmlwdD4i',
    user: { '<a>': '<script>"' },
    pretended: '\ufdd1script\ufdd2\ufdd8',
  });
  expect(outcome.kind === 'ok' && outcome.text.replace(/^<pre>|<\/pre>$/g, '')).not.toMatch(
    /[<>"]/,
  );
});

test('The template’s own text is markup, and is compared with the plain values.', () => {
  const variables = { name: "O'Neil & Co", note: 'a\nb', names: ['A & B'] };
  const says = (source: string) => html(source, variables);
  expect(says('{{ note | escape | newline_to_br }}')).toEqual({ kind: 'ok', text: 'a<br />\nb' });
  expect(says('{{ nobody | default: "<i>you</i>" }}')).toEqual({ kind: 'ok', text: '<i>you</i>' });
  expect(says(`{% if name == "O'Neil & Co" %}yes{% endif %}`)).toEqual({ kind: 'ok', text: 'yes' });
  expect(says('{% if name contains "&" %}yes{% endif %}')).toEqual({ kind: 'ok', text: 'yes' });
  expect(says('{% if names contains "A & B" %}yes{% endif %}')).toEqual({
    kind: 'ok',
    text: 'yes',
  });
  expect(says(`{% case name %}{% when "O'Neil & Co" %}yes{% endcase %}`)).toEqual({
    kind: 'ok',
    text: 'yes',
  });
  expect(says('{{ name | remove: " & Co" }}')).toEqual({ kind: 'ok', text: 'O&#39;Neil' });
});

test('The tags of Auth0’s documentation work.', () => {
  const source = '{% if lang == "en" %}a{% elseif lang == "de" %}b{% else %}c{% endif %}';
  expect(html(source, { lang: 'de' })).toEqual({ kind: 'ok', text: 'b' });
  expect(html('{% debug %}', { a: 1 })).toMatchObject({ text: expect.stringContaining('a') });
});

test.each([
  '{% for i in (1..100000000) %}x{% endfor %}',
  '{% include "/etc/passwd" %}',
  '{% render "../../package.json" %}',
  '{% layout "x" %}',
  '{% if %}',
  '{{ a | nosuchfilter }}',
])('A wrong or too costly template is a fault, not a crash: %s', (source) => {
  expect(html(source).kind).toBe('faulty');
});

test('A template cannot read inherited properties.', () => {
  expect(html('{{ user.constructor }}{{ user.__proto__ }}', { user: {} })).toEqual({
    kind: 'ok',
    text: '',
  });
});

test('A syntax error has a message.', () => {
  expect(checkTemplate('Hello {{ name }}')).toBeNull();
  expect(checkTemplate('{% if x %}')).toContain('not closed');
  expect(checkTemplate('{% if x %}{{ a | nosuchfilter }}{% endif %}')).toContain('nosuchfilter');
  expect(checkTemplate('{% if x %}{% include "y" %}{% endif %}')).toContain('include');
});

test.each([
  ['{{ user.emial }}', 'user.emial'],
  ['{% if user.name == "x" %}{{ user.emial }}{% endif %}', 'user.emial'],
  ['{% if user.emial != blank %}x{% endif %}', 'user.emial'],
  ['{% unless a %}{{ user.name | append: b }}{% endunless %}', 'a b'],
  ['{{ user["emial"] }}{{ list[1] }}', 'user.emial list.1'],
  ['{{ user[user.emial] }}', 'user.emial'],
  ['{% assign a = user.emial %}{{ a }}', 'user.emial'],
  ['{% for each in lists %}{{ each }}{% endfor %}', 'lists'],
  ['{{ user.email | default: nothing }}', 'nothing'],
  ['{{ user.name }}{% for each in list %}{{ each.name }}{{ forloop.index }}{% endfor %}', ''],
  ['{{ user[key] }}{{ user.name.length }}', 'user.name.length key'],
])('An unknown variable is found in any branch: %s', (source, unknown) => {
  const values = { user: { name: 'Ada', email: null }, list: ['a'] };
  expect(unknownVariables(source, values).join(' ')).toBe(unknown);
});

test('A strict rendering refuses an unknown variable, in a loop too.', () => {
  const strictly = (source: string) =>
    renderTemplate(source, { list: [{ name: null }] }, 'html', { isStrict: true });
  expect(strictly('{% for each in list %}{{ each.name }}{% endfor %}').kind).toBe('ok');
  expect(strictly('{% for each in list %}{{ each.nmae }}{% endfor %}')).toMatchObject({
    kind: 'faulty',
    problem: expect.stringContaining('nmae'),
  });
});
