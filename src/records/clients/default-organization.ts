import { type ColumnType, type SqlBool, sql } from 'kysely';
import type { Db } from '../../platform/db/db.ts';

type Tables = {
  clients: { id: string; settings: ColumnType<unknown, string, string>; updated_at: Date };
};

/** Removes a deleted organization as the default of clients. A concurrent change of such a client fails its guard and starts again. */
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
