import type { Language } from '../../platform/locales/locales.ts';

/** `verification`: for the second factor. `enrollment`: to show that a phone is one's own. */
export type Occasion = 'verification' | 'enrollment';

const CODE: Record<Language, string> = {
  en: 'Your verification code is: ',
  de: 'Ihr Bestätigungscode lautet: ',
  fr: 'Votre code de vérification est : ',
};

const TEXTS: Record<Language, Record<Occasion, string>> = {
  en: {
    verification: `${CODE.en}{{ code }}. It is for {{ tenant.friendly_name }}.`,
    enrollment:
      '{{ code }} is your verification code to enroll this phone with {{ tenant.friendly_name }}.',
  },
  de: {
    verification: `${CODE.de}{{ code }}. Er ist für {{ tenant.friendly_name }}.`,
    enrollment:
      '{{ code }} ist Ihr Bestätigungscode, um dieses Telefon bei {{ tenant.friendly_name }} einzurichten.',
  },
  fr: {
    verification: `${CODE.fr}{{ code }}. Il concerne {{ tenant.friendly_name }}.`,
    enrollment:
      '{{ code }} est votre code de vérification pour associer ce téléphone à {{ tenant.friendly_name }}.',
  },
};

/** What a text message says where the operator has not said it otherwise, as Liquid. */
export function textMessage(occasion: Occasion, language: Language): string {
  return TEXTS[language][occasion];
}

/** A text message of a code and nothing else. */
export function bareCode(code: string, language: Language): string {
  return `${CODE[language]}${code}`;
}
