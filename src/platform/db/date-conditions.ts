import { type RawBuilder, type SqlBool, sql } from 'kysely';
import { type DateRange, dateRangeOf } from '../date-ranges/date-ranges.ts';
import { type SearchBound, UnsearchableError } from '../search-query/search-query.ts';

type Condition = RawBuilder<SqlBool>;

const moment = (date: Date) => sql`${date.toISOString()}::timestamptz`;

/**
 * Creates the SQL of a search for a time. A day as a value is any time of it; as a bound it is the whole day: from its start, or to its end.
 * @param column what is compared
 * @param name what people call the column: messages name it
 * @throws UnsearchableError from both functions, for what is no date; `at` counts the characters of the search from 0
 */
export function dateConditions(
  column: RawBuilder<unknown>,
  name: string,
): {
  equals(value: string, at: number): Condition;
  range(from: SearchBound, to: SearchBound, at: number): Condition;
} {
  const read = (value: string, at: number): DateRange => {
    const range = dateRangeOf(value);
    if (range) return range;
    throw new UnsearchableError(
      `${name} must be a date such as 2026-01-31 or 2026-01-31T12:00:00Z`,
      at,
    );
  };
  return {
    equals(value, at) {
      const { start, end } = read(value, at);
      return sql`(${column} >= ${moment(start)} and ${column} < ${moment(end)})`;
    },
    range(from, to, at) {
      const parts: Condition[] = [];
      if (from) {
        const { start, end } = read(from.value, at);
        parts.push(sql`${column} >= ${moment(from.inclusive ? start : end)}`);
      }
      if (to) {
        const { start, end } = read(to.value, at);
        parts.push(sql`${column} < ${moment(to.inclusive ? end : start)}`);
      }
      if (parts.length === 0) return sql`${column} is not null`;
      return sql`(${sql.join(parts, sql` and `)})`;
    },
  };
}
