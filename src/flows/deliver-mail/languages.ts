/** Those that built-in mails are written in. */
export const LANGUAGES = ['en', 'de'] as const;
export type Language = (typeof LANGUAGES)[number];

/** The language of a mail, from what is known about the person. */
export function languageOf(userMetadata: Record<string, unknown> | null): Language {
  for (const key of ['lang', 'locale', 'language']) {
    const value = userMetadata?.[key];
    if (typeof value === 'string' && value !== '') return /^de\b/i.test(value) ? 'de' : 'en';
  }
  return 'en';
}

const FORMATS: Record<Language, Intl.DateTimeFormat> = {
  en: dateFormat('en-GB'),
  de: dateFormat('de-DE'),
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

/** A moment in words, such as "Saturday 28 November 2026 at 10:24 UTC". */
export function inWords(moment: Date, language: Language): string {
  // The mails of a campaign share their minute.
  const key = `${language} ${Math.floor(moment.getTime() / 60_000)}`;
  if (lastFormatted.key !== key) {
    lastFormatted = { key, words: FORMATS[language].format(moment) };
  }
  return lastFormatted.words;
}
