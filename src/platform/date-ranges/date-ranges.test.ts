import { expect, test } from 'vitest';
import { dateRangeOf } from './date-ranges.ts';

const written = (value: string) => {
  const range = dateRangeOf(value);
  return range && [range.start.toISOString(), range.end.toISOString()];
};

test.each([
  ['2026', '2026-01-01T00:00:00.000Z', '2027-01-01T00:00:00.000Z'],
  ['2024-02', '2024-02-01T00:00:00.000Z', '2024-03-01T00:00:00.000Z'],
  ['2024-02-29', '2024-02-29T00:00:00.000Z', '2024-03-01T00:00:00.000Z'],
  ['2026-05-04T10:11', '2026-05-04T10:11:00.000Z', '2026-05-04T10:12:00.000Z'],
  ['2026-05-04T10:11:12+02:00', '2026-05-04T08:11:12.000Z', '2026-05-04T08:11:13.000Z'],
  ['2026-05-04T10:11:12.3456Z', '2026-05-04T10:11:12.345Z', '2026-05-04T10:11:12.346Z'],
])('%s covers its whole range', (value, start, end) => {
  expect(written(value)).toEqual([start, end]);
});

test.each([
  '2026-02-30',
  '2026-13',
  '1899',
  '3000',
  '2026-5-4',
  'now',
  '2026-05-04T25:00',
  '',
])('"%s" is no date', (value) => expect(written(value)).toBe(null));
