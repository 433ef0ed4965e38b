import { type ColumnType, type Selectable, sql } from 'kysely';
import { type Db, pageAfter } from '../../platform/db/db.ts';
import type { ServedDomain } from '../../platform/request-context/request-context.ts';

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

/** API properties of a domain besides its name, under their API names. */
export type DomainSettings = Record<string, unknown>;

/** Another host name of this server. */
export type CustomDomain = {
  id: string;
  /** In lower case. */
  domain: string;
  type: string;
  /** Required content of its TXT record. */
  verification: string;
  verifiedAt: Date | null;
  isDefault: boolean;
  settings: DomainSettings;
  createdAt: Date;
};

/** Maximum number of domains that an operator can have. */
export const MAX_DOMAINS = 100;

const on = (db: Db) => db.withTables<Tables>();

/** Returns the operator's metadata of a domain, for texts and URLs. It is empty if there is no domain. */
export function domainMetadataOf(domain: CustomDomain | null): Record<string, string> {
  const { domain_metadata: metadata } = domain?.settings ?? {};
  return Object.fromEntries(
    Object.entries(typeof metadata === 'object' && metadata !== null ? metadata : {}).filter(
      (entry): entry is [string, string] => typeof entry[1] === 'string',
    ),
  );
}

/** Returns the domain that passkeys of its pages belong to (RP ID of Web Authentication): itself, or the parent that the operator has chosen. */
export function passkeyDomainOf({ domain, settings }: CustomDomain): string {
  const { relying_party_identifier: chosen } = settings;
  return typeof chosen === 'string' ? chosen.toLowerCase() : domain;
}

/** Returns domains in the order of their ids. */
export async function customDomains(
  db: Db,
  options: { afterId?: string | null; limit: number },
): Promise<CustomDomain[]> {
  const { afterId = null, limit } = options;
  const rows = await pageAfter(on(db).selectFrom('custom_domains').selectAll(), { afterId, limit });
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

/**
 * Returns the domain of that name, or `null`.
 * @param domain in any case
 */
export async function customDomainByName(db: Db, domain: string): Promise<CustomDomain | null> {
  const row = await on(db)
    .selectFrom('custom_domains')
    .selectAll()
    .where('domain', '=', domain.toLowerCase())
    .executeTakeFirst();
  return row ? toDomain(row) : null;
}

/** Returns the verified custom domain of this name, in any case, or `null`. */
export async function verifiedDomain(db: Db, name: string): Promise<ServedDomain | null> {
  const found = await customDomainByName(db, name);
  if (!found?.verifiedAt) return null;
  return { origin: `https://${found.domain}`, passkeyDomain: passkeyDomainOf(found) };
}

/** Returns the domain for links that name none, or `null`. */
export async function defaultCustomDomain(db: Db): Promise<CustomDomain | null> {
  const row = await on(db)
    .selectFrom('custom_domains')
    .selectAll()
    .where('is_default', '=', true)
    .executeTakeFirst();
  return row ? toDomain(row) : null;
}

/** Inserts a domain, in lower case. Returns `duplicate` if the name is taken. */
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

/** Merges the settings. Returns `null` if there is no such domain. */
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

/** Marks a domain as verified. Returns `null` if it was verified already, or does not exist. */
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

/** Clears the default domain. */
export async function clearDefaultDomain(db: Db): Promise<void> {
  await on(db)
    .updateTable('custom_domains')
    .set({ is_default: false })
    .where('is_default', '=', true)
    .execute();
}

/** Makes a verified domain the default if there is none. Returns `null` if it is unknown or not verified. */
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

/** Deletes a domain, except the default. */
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
