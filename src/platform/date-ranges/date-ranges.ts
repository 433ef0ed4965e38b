export type DateRange = { start: Date; end: Date };

const DATE =
  /^(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(Z|[+-]\d\d:\d\d)?)?)?)?$/;

/** Returns the time that a date covers: a year, month, day, minute, second or millisecond. Default time zone: UTC. */
export function dateRangeOf(value: string): DateRange | null {
  const found = DATE.exec(value);
  if (!found) return null;
  const [, year, month, day, hour, minute, second, fraction, zone] = found;
  // Far from both ends of the database's range.
  if (Number(year) < 1900 || Number(year) > 2999) return null;
  const start = new Date(
    `${year}-${month ?? '01'}-${day ?? '01'}T${hour ?? '00'}:${minute ?? '00'}:${second ?? '00'}.${(fraction ?? '').padEnd(3, '0').slice(0, 3)}${zone ?? 'Z'}`,
  );
  if (Number.isNaN(start.getTime())) return null;
  // Date carries a day that the month does not have into the next month.
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
