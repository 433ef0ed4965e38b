export type Span = { start: Date; end: Date };

const MOMENT =
  /^(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(Z|[+-]\d\d:\d\d)?)?)?)?$/;

/** What a date covers: a year, a month, a day, a minute, a second or a millisecond, in UTC unless it says otherwise. */
export function spanOf(value: string): Span | null {
  const found = MOMENT.exec(value);
  if (!found) return null;
  const [, year, month, day, hour, minute, second, fraction, zone] = found;
  // Far from both ends of what the database can hold.
  if (Number(year) < 1900 || Number(year) > 2999) return null;
  const start = new Date(
    `${year}-${month ?? '01'}-${day ?? '01'}T${hour ?? '00'}:${minute ?? '00'}:${second ?? '00'}.${(fraction ?? '').padEnd(3, '0').slice(0, 3)}${zone ?? 'Z'}`,
  );
  if (Number.isNaN(start.getTime())) return null;
  // A day that the month doesn't have is carried into the next one by Date.
  if (
    day !== undefined &&
    new Date(`${year}-${month}-${day}T00:00Z`).getUTCDate() !== Number(day)
  ) {
    return null;
  }
  const end = new Date(start);
  if (month === undefined) end.setUTCFullYear(end.getUTCFullYear() + 1);
  else if (day === undefined) end.setUTCMonth(end.getUTCMonth() + 1);
  else if (hour === undefined) end.setUTCDate(end.getUTCDate() + 1);
  else if (second === undefined) end.setTime(end.getTime() + 60_000);
  else end.setTime(end.getTime() + (fraction === undefined ? 1000 : 1));
  return { start, end };
}
