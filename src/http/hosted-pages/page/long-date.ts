/** Formats a date in UTC, because the server does not know the reader's time zone. A page's script can show local time. */
export function longDate(date: Date, lang: string): string {
  const format = { dateStyle: 'long', timeStyle: 'short', timeZone: 'UTC' } as const;
  return `${new Intl.DateTimeFormat(lang, format).format(date)} UTC`;
}
