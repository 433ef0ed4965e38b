import type { Language } from '../../../platform/locales/locales.ts';
import type { BuiltInMail } from '../mail-values.ts';
import { ACCOUNT_TEXTS } from './account-mails.ts';
import { FACTOR_TEXTS } from './factor-mails.ts';
import { FRENCH_TEXTS } from './french-mails.ts';
import { INVITATION_TEXTS } from './invitation-mails.ts';
import { layoutMail, type MailText, type SideBySide } from './layout.ts';
import { SIGN_UP_TEXTS } from './sign-up-mails.ts';

export type DefaultTemplate = { subject: string; body: string };

const TEXTS: Record<BuiltInMail, Record<SideBySide, MailText>> = {
  ...INVITATION_TEXTS,
  ...FACTOR_TEXTS,
  ...SIGN_UP_TEXTS,
  ...ACCOUNT_TEXTS,
};

// Older names of the same mails.
const SYNONYMS = new Map<string, BuiltInMail>([
  ['change_password', 'reset_email'],
  ['password_reset', 'reset_email'],
]);

const built = new Map<string, DefaultTemplate>();

/** The names of all built-in mails. */
export const BUILT_IN_MAILS = Object.keys(TEXTS) as BuiltInMail[];

/** Returns the built-in mail that a template replaces, or `null` if there is none. */
export function builtInOf(templateName: string): BuiltInMail | null {
  return SYNONYMS.get(templateName) ?? BUILT_IN_MAILS.find((name) => name === templateName) ?? null;
}

/** Returns the text of a built-in mail. */
export function defaultTemplate(name: BuiltInMail, language: Language): DefaultTemplate {
  const cacheKey = `${name} ${language}`;
  const known = built.get(cacheKey);
  if (known) return known;
  const text = language === 'fr' ? FRENCH_TEXTS[name] : TEXTS[name][language];
  const template = { subject: text.subject, body: layoutMail(text, language) };
  built.set(cacheKey, template);
  return template;
}
