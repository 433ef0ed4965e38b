import { type RawBuilder, sql } from 'kysely';

/** Returns text in lower case by the rules of Unicode, whatever the database's locale. It is compared in byte order, as the indexes are. */
export function folded(text: RawBuilder<string>): RawBuilder<string> {
  return sql<string>`(lower(${text} collate "und-x-icu") collate "C")`;
}
