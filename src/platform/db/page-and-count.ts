import { type SelectQueryBuilder, type Simplify, sql } from 'kysely';

/**
 * Returns one page of a query, and the total number of its rows.
 * @param ordered the complete query: with its columns, and an order in which no two rows are equal
 */
export async function pageAndCount<DB, TB extends keyof DB, Row>(
  ordered: SelectQueryBuilder<DB, TB, Row>,
  page: { offset: number; limit: number },
): Promise<{ rows: Simplify<Row>[]; total: number }> {
  const rows = await ordered.offset(page.offset).limit(page.limit).execute();
  const { total } = await ordered
    .clearSelect()
    .clearOrderBy()
    .select(sql`count(*)::int`.as('total'))
    .$castTo<{ total: number }>()
    .executeTakeFirstOrThrow();
  return { rows, total };
}
