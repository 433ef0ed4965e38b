/** In UTC, as the server doesn't know where the reader is; a page's script can show local time instead. */
export function longDate(date: Date, lang: string): string {
  const format = { dateStyle: 'long', timeStyle: 'short', timeZone: 'UTC' } as const;
  return `${new Intl.DateTimeFormat(lang, format).format(date)} UTC`;
}
