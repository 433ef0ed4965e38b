import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { freshDatabase } from '../harness/harness.ts';

test('each foreign key has an index, so that a deletion reads no whole table that refers to it', async () => {
  const { db } = await freshDatabase();
  const { rows: keys } = await sql<{ table: string; column: string }>`
    select k.table_name as table, k.column_name as column
    from information_schema.table_constraints c
    join information_schema.key_column_usage k using (constraint_schema, constraint_name)
    where c.constraint_type = 'FOREIGN KEY' and k.ordinal_position = 1 and c.table_schema = current_schema()
    order by 1, 2`.execute(db);
  const { rows: indexes } = await sql<{ text: string }>`
    select indexdef as text from pg_indexes where schemaname = current_schema()`.execute(db);
  const without = keys.filter(({ table, column }) => {
    const fits = new RegExp(
      `\\.${table} USING btree \\(${column}[,)](?!.* WHERE )|\\.${table} USING btree \\(${column}[,)].* WHERE \\(${column} IS NOT NULL\\)$`,
    );
    return !indexes.some(({ text }) => fits.test(text));
  });
  expect(keys.length).toBeGreaterThan(40);
  expect(without.map(({ table, column }) => `${table}.${column}`)).toEqual([]);
});
