import { expect, test } from 'vitest';
import { LANGUAGES } from '../../../platform/locales/locales.ts';
import { checkTemplate, outputsOf } from '../../../platform/templates/templates.ts';
import { BUILT_IN_MAILS, builtInOf, defaultTemplate } from './texts.ts';

test.each(
  LANGUAGES.flatMap((language) => BUILT_IN_MAILS.map((name) => [language, name] as const)),
)('there is a mail in %s for %s, with the same variables', (language, name) => {
  const [english, other] = [defaultTemplate(name, 'en'), defaultTemplate(name, language)];
  for (const part of ['subject', 'body'] as const) {
    expect(checkTemplate(other[part])).toBeNull();
    expect([...outputsOf(other[part])].sort()).toEqual([...outputsOf(english[part])].sort());
  }
  expect(other.body).toContain(`<html lang="${language}">`);
  // Every language has the same buttons.
  expect(other.body.split('href="{{ url }}"')).toHaveLength(
    english.body.split('href="{{ url }}"').length,
  );
});

test('an older name of a mail leads to it, and an unknown name leads to none', () => {
  expect(builtInOf('verify_email')).toBe('verify_email');
  expect(builtInOf('password_reset')).toBe('reset_email');
  expect(['constructor', '__proto__', 'stolen_credentials'].map(builtInOf)).toEqual([
    null,
    null,
    null,
  ]);
});
