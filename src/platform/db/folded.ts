import { type RawBuilder, sql } from 'kysely';

/** Text in lower case by the rules of Unicode, whatever the database's locale is; compared in the order of bytes, as the indexes have it. */
export function folded(text: RawBuilder<string>): RawBuilder<string> {
  return sql<string>`(lower(${text} collate "und-x-icu") collate "C")`;
}
