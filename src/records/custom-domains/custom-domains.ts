import { type ColumnType, type Selectable, sql } from 'kysely';
import type { Db } from '../../platform/db/db.ts';

type Tables = {
  custom_domains: {
    id: string;
    domain: string;
    type: string;
    verification: string;
    verified_at: Date | null;
    is_default: boolean;
    settings: ColumnType<DomainSettings, string, string>;
    created_at: Date;
  };
};

/** What the wire says about a domain beside its name, under the wire's own names. */
export type DomainSettings = Record<string, unknown>;

/** Another name under which this server is reached. */
export type CustomDomain = {
  id: string;
  /** In lower case. */
  domain: string;
  type: string;
  /** What its TXT record must say. */
  verification: string;
  verifiedAt: Date | null;
  isDefault: boolean;
  settings: DomainSettings;
  createdAt: Date;
};

const on = (db: Db) => db.withTables<Tables>();

/** What the operator has written down about a domain, for texts and addresses to name; null: there is none. */
export function domainMetadataOf(domain: CustomDomain | null): Record<string, string> {
  const { domain_metadata: metadata } = domain?.settings ?? {};
  return Object.fromEntries(
    Object.entries(typeof metadata === 'object' && metadata !== null ? metadata : {}).filter(
      (entry): entry is [string, string] => typeof entry[1] === 'string',
    ),
  );
}

/** Domains in the order of their ids. */
export async function customDomains(
  db: Db,
  options: { afterId?: string | null; limit: number },
): Promise<CustomDomain[]> {
  const rows = await on(db)
    .selectFrom('custom_domains')
    .selectAll()
    .$if(typeof options.afterId === 'string', (q) => q.where('id', '>', options.afterId ?? ''))
    .orderBy('id')
    .limit(options.limit)
    .execute();
  return rows.map(toDomain);
}

export async function findCustomDomain(db: Db, id: string): Promise<CustomDomain | null> {
  const row = await on(db)
    .selectFrom('custom_domains')
    .selectAll()
    .where('id', '=', id)
    .executeTakeFirst();
  return row ? toDomain(row) : null;
}

/** @param domain in any case */
export async function customDomainByName(db: Db, domain: string): Promise<CustomDomain | null> {
  const row = await on(db)
    .selectFrom('custom_domains')
    .selectAll()
    .where('domain', '=', domain.toLowerCase())
    .executeTakeFirst();
  return row ? toDomain(row) : null;
}

/** The domain of links for which none was named. */
export async function defaultCustomDomain(db: Db): Promise<CustomDomain | null> {
  const row = await on(db)
    .selectFrom('custom_domains')
    .selectAll()
    .where('is_default', '=', true)
    .executeTakeFirst();
  return row ? toDomain(row) : null;
}

export async function insertCustomDomain(
  db: Db,
  domain: CustomDomain,
): Promise<{ kind: 'inserted' | 'duplicate' }> {
  const result = await on(db)
    .insertInto('custom_domains')
    .values({
      id: domain.id,
      domain: domain.domain.toLowerCase(),
      type: domain.type,
      verification: domain.verification,
      verified_at: domain.verifiedAt,
      is_default: domain.isDefault,
      settings: JSON.stringify(domain.settings),
      created_at: domain.createdAt,
    })
    .onConflict((conflict) => conflict.column('domain').doNothing())
    .executeTakeFirst();
  return { kind: result.numInsertedOrUpdatedRows === 1n ? 'inserted' : 'duplicate' };
}

/** Merges the settings; null when there is no such domain. */
export async function updateCustomDomain(
  db: Db,
  id: string,
  settings: DomainSettings,
): Promise<CustomDomain | null> {
  const row = await on(db)
    .updateTable('custom_domains')
    .set({ settings: sql<string>`settings || ${JSON.stringify(settings)}::jsonb` })
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirst();
  return row ? toDomain(row) : null;
}

/** Notes that the domain is the operator's; null when that was known, or there is no such domain. */
export async function markDomainVerified(
  db: Db,
  id: string,
  now: Date,
): Promise<CustomDomain | null> {
  const row = await on(db)
    .updateTable('custom_domains')
    .set({ verified_at: now })
    .where('id', '=', id)
    .where('verified_at', 'is', null)
    .returningAll()
    .executeTakeFirst();
  return row ? toDomain(row) : null;
}

/** Makes no domain the default. */
export async function clearDefaultDomain(db: Db): Promise<void> {
  await on(db)
    .updateTable('custom_domains')
    .set({ is_default: false })
    .where('is_default', '=', true)
    .execute();
}

/** Makes a verified domain the default, where none is; null when it is unknown or not verified. */
export async function setDefaultDomain(db: Db, domain: string): Promise<CustomDomain | null> {
  const row = await on(db)
    .updateTable('custom_domains')
    .set({ is_default: true })
    .where('domain', '=', domain.toLowerCase())
    .where('verified_at', 'is not', null)
    .returningAll()
    .executeTakeFirst();
  return row ? toDomain(row) : null;
}

/** Deletes a domain that isn't the default. */
export async function deleteCustomDomain(
  db: Db,
  id: string,
): Promise<{ kind: 'deleted' | 'missing' | 'default' }> {
  const result = await on(db)
    .deleteFrom('custom_domains')
    .where('id', '=', id)
    .where('is_default', '=', false)
    .executeTakeFirst();
  if (result.numDeletedRows === 1n) return { kind: 'deleted' };
  return { kind: (await findCustomDomain(db, id)) === null ? 'missing' : 'default' };
}

function toDomain(row: Selectable<Tables['custom_domains']>): CustomDomain {
  return {
    id: row.id,
    domain: row.domain,
    type: row.type,
    verification: row.verification,
    verifiedAt: row.verified_at,
    isDefault: row.is_default,
    settings: row.settings,
    createdAt: row.created_at,
  };
}
