import { type SelectQueryBuilder, type Simplify, type SqlBool, sql } from 'kysely';

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

/**
 * Returns the rows of a query after one row, in the order of their ids. Later pages are as fast as the first.
 * @param query without an order
 * @param page.afterId the last row of the page before; null: the first page
 * @param id the column
 */
export async function pageAfter<DB, TB extends keyof DB, Row>(
  query: SelectQueryBuilder<DB, TB, Row>,
  page: { afterId: string | null; limit: number },
  id = 'id',
): Promise<Simplify<Row>[]> {
  const column = sql.ref<string>(id);
  const following =
    page.afterId === null ? query : query.where(sql<SqlBool>`${column} > ${page.afterId}`);
  return following.orderBy(column).limit(page.limit).execute();
}
