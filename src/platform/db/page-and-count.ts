import { type SelectQueryBuilder, type Simplify, sql } from 'kysely';

/**
 * One page of a query, and how many rows it has without pages.
 * @param ordered whole: with its columns, and an order that leaves no two rows equal
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
