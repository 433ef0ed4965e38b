import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { ensureDefaultConnection } from '../../src/records/connections/connections.ts';
import {
  beginDeletion,
  countMembers,
  insertOrganization,
  listMembers,
  membershipStatus,
  organizationsOfUser,
  removeDeletedOrganization,
  removeMembersBatch,
} from '../../src/records/organizations/organizations.ts';
import { freshDatabase } from '../harness/harness.ts';

const MEMBERS = 100_000;

/** Rows that a plan touches, at its busiest node. */
function rowsOf(plan: { 'Actual Rows': number; Plans?: (typeof plan)[] }): number {
  return Math.max(plan['Actual Rows'], ...(plan.Plans ?? []).map(rowsOf));
}

test(`an organization of ${MEMBERS} members is paged, searched and deleted without a full walk`, async () => {
  const { db } = await freshDatabase();
  const now = new Date();
  const { id: connectionId } = await ensureDefaultConnection(db, now);
  const empty = { displayName: null, branding: null, metadata: null, tokenQuota: null };
  const made = await insertOrganization(db, { name: 'large', ...empty, now });
  if (made.kind !== 'inserted') throw new Error('The name is taken.');
  const organizationId = made.organization.id;
  await sql`insert into users (id, connection_id, email)
    select 'auth0|' || lpad(n::text, 8, '0'), ${connectionId}, 'member-' || n || '@example.test'
    from generate_series(1, ${MEMBERS}) n`.execute(db);
  await sql`insert into organization_members (organization_id, user_id)
    select ${organizationId}, id from users`.execute(db);
  await sql`analyze users`.execute(db);
  await sql`analyze organization_members`.execute(db);

  const last = `auth0|${String(MEMBERS - 10).padStart(8, '0')}`;
  const page = await listMembers(db, { organizationId, afterId: last, offset: 0, limit: 50 });
  expect(page).toHaveLength(10);
  expect(await countMembers(db, organizationId)).toBe(MEMBERS);
  const { organizations } = await organizationsOfUser(db, { userId: last, offset: 0, limit: 50 });
  expect(organizations.map((organization) => organization.id)).toEqual([organizationId]);
  const standing = await membershipStatus(db, { organizationId, userId: last, connectionIds: [] });
  expect(standing).toMatchObject({ isMember: true });

  // A page at the end reads only its own rows.
  const { rows } = await sql<{
    'QUERY PLAN': { Plan: Parameters<typeof rowsOf>[0] }[];
  }>`explain (analyze, format json)
    select u.id from (
      select user_id from organization_members
      where organization_id = ${organizationId} and user_id > ${last}
      order by user_id offset 0 limit 50
    ) m join users u on u.id = m.user_id order by u.id`.execute(db);
  const plan = rows[0]?.['QUERY PLAN'][0]?.Plan;
  expect(plan && rowsOf(plan)).toBeLessThanOrEqual(50);

  expect(await removeMembersBatch(db, { organizationId, limit: 1000 })).toBe(0);
  await beginDeletion(db, organizationId, now);
  expect(await removeDeletedOrganization(db, organizationId)).toBe(false);
  let removed = 0;
  for (let batch = 1000; batch === 1000; removed += batch) {
    batch = await removeMembersBatch(db, { organizationId, limit: 1000 });
  }
  expect(removed).toBe(MEMBERS);
  expect(await removeDeletedOrganization(db, organizationId)).toBe(true);
}, 180_000);
