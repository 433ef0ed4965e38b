import { expect, test } from 'vitest';
import { SAMPLE_SETTING, sampleValues } from '../../src/flows/deliver-mail/samples/samples.ts';
import { BUILT_IN_MAILS, defaultTemplate } from '../../src/flows/deliver-mail/texts/texts.ts';
import { LANGUAGES, type Language } from '../../src/platform/locales/locales.ts';
import { renderTemplate, unknownVariables } from '../../src/platform/templates/templates.ts';

const settingIn = (language: Language) => ({
  ...SAMPLE_SETTING,
  language,
  requestedLocale: language,
});

// Here and not when a mail is sent: a mail with an empty word is better than none.
test.each(
  LANGUAGES.flatMap((language) => BUILT_IN_MAILS.map((name) => [name, language] as const)),
)('the built-in mail %s in %s reads only values that it has', (name, language) => {
  const template = defaultTemplate(name, language);
  const values = sampleValues(name, settingIn(language));
  for (const [part, setting] of [
    ['subject', 'text'],
    ['body', 'html'],
  ] as const) {
    // One finds a variable in any branch, the other in a loop too.
    expect(unknownVariables(template[part], values), part).toEqual([]);
    const rendered = renderTemplate(template[part], values, setting, { isStrict: true });
    if (rendered.kind !== 'ok') throw new Error(rendered.problem);
    expect(rendered.text).not.toMatch(/\{[{%]|undefined|\[object/);
    expect(rendered.text.trim()).not.toBe('');
  }
});

test('a misspelt variable in a built-in mail is found, and so is a sample without a field', () => {
  const values = sampleValues('reset_email', settingIn('en'));
  expect(unknownVariables('{% if false %}{{ user.emial }}{% endif %}', values)).toEqual([
    'user.emial',
  ]);
  // @ts-expect-error The sample has no numbers.
  const incomplete: OwnValues['import_ended'] = { job: { id: 'job_1', status: 'completed' } };
  const { subject } = defaultTemplate('import_ended', 'en');
  expect(unknownVariables(subject, incomplete)).toContain('job.total');
});
