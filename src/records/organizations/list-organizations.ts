import { type Db, pageAfter, pageAndCount } from '../../platform/db/db.ts';
import { type Organization, on, toOrganization } from './organization-row.ts';

export type OrganizationOrder = {
  by: 'id' | 'name' | 'display_name' | 'created_at';
  descending: boolean;
};

/** Returns a page and the total number. */
export async function pageOfOrganizations(
  db: Db,
  page: { offset: number; limit: number; order: OrganizationOrder },
): Promise<{ organizations: Organization[]; total: number }> {
  const direction = page.order.descending ? 'desc' : 'asc';
  const ordered = on(db)
    .selectFrom('organizations')
    .where('deleted_at', 'is', null)
    .selectAll()
    .orderBy(page.order.by, direction)
    .$if(page.order.by !== 'id', (q) => q.orderBy('id', direction));
  const { rows, total } = await pageAndCount(ordered, page);
  return { organizations: rows.map(toOrganization), total };
}

/** Returns organizations in the order of their ids, for paging at constant speed. */
export async function after(
  db: Db,
  page: { afterId: string | null; limit: number },
): Promise<Organization[]> {
  const there = on(db).selectFrom('organizations').selectAll().where('deleted_at', 'is', null);
  const rows = await pageAfter(there, page);
  return rows.map(toOrganization);
}

/** Returns a user's organizations, in the order of their ids, and their number. */
export async function pageOfUser(
  db: Db,
  page: { userId: string; offset: number; limit: number },
): Promise<{ organizations: Organization[]; total: number }> {
  const theirs = on(db)
    .selectFrom('organizations as o')
    .innerJoin('organization_members as m', 'm.organization_id', 'o.id')
    .where('m.user_id', '=', page.userId)
    .where('o.deleted_at', 'is', null)
    .selectAll('o')
    .orderBy('o.id');
  const { rows, total } = await pageAndCount(theirs, page);
  return { organizations: rows.map(toOrganization), total };
}
