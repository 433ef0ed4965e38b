import { type ColumnType, type SqlBool, sql } from 'kysely';
import type { Db } from '../../platform/db/db.ts';

type Tables = {
  clients: { id: string; settings: ColumnType<unknown, string, string>; updated_at: Date };
};

/** No client has tokens of its own for an organization by default that is gone. Whoever was changing one in the same moment begins anew. */
export async function forgetDefaultOrganization(
  tx: Db,
  { organizationId, now }: { organizationId: string; now: Date },
): Promise<void> {
  await tx
    .withTables<Tables>()
    .updateTable('clients')
    .set({
      settings: sql<string>`settings #- '{extra,default_organization}'`,
      updated_at: sql<Date>`greatest(${now}::timestamptz, updated_at + interval '1 millisecond')`,
    })
    .where(
      sql<SqlBool>`settings->'extra'->'default_organization'->>'organization_id' = ${organizationId}`,
    )
    .execute();
}
