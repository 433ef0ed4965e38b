import type { Language } from '../../platform/locales/locales.ts';

const FORMATS: Record<Language, Intl.DateTimeFormat> = {
  en: dateFormat('en-GB'),
  de: dateFormat('de-DE'),
  fr: dateFormat('fr-FR'),
};

function dateFormat(locale: string): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat(locale, {
    weekday: 'long',
    day: 'numeric',
    month: 'long',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    timeZone: 'UTC',
    timeZoneName: 'short',
  });
}

let lastFormatted: { key: string; words: string } = { key: '', words: '' };

/** Formats a moment in words, such as "Saturday 28 November 2026 at 10:24 UTC". */
export function inWords(moment: Date, language: Language): string {
  // Cached per minute: the mails of a campaign share theirs.
  const key = `${language} ${Math.floor(moment.getTime() / 60_000)}`;
  if (lastFormatted.key !== key) {
    lastFormatted = { key, words: FORMATS[language].format(moment) };
  }
  return lastFormatted.words;
}
