import { type ColumnType, type SqlBool, sql } from 'kysely';
import { decrypt, encrypt } from '../../platform/crypto/crypto.ts';
import { type Db, transaction } from '../../platform/db/db.ts';

type Tables = {
  settings: { key: string; value: ColumnType<unknown, string, string>; updated_at: Date };
};

const on = (db: Db) => db.withTables<Tables>();

/** Returns the value under `key`, or `null`. Its writer determines the type. */
export async function readSetting<T>(db: Db, key: string): Promise<T | null> {
  const row = await on(db)
    .selectFrom('settings')
    .select('value')
    .where('key', '=', key)
    .executeTakeFirst();
  return row ? (row.value as T) : null;
}

/** Writes or replaces the value. */
export async function writeSetting(db: Db, key: string, value: unknown, now: Date): Promise<void> {
  const json = JSON.stringify(value);
  await on(db)
    .insertInto('settings')
    .values({ key, value: json, updated_at: now })
    .onConflict((conflict) => conflict.column('key').doUpdateSet({ value: json, updated_at: now }))
    .execute();
}

/** Writes the value only if there is none. Returns false if there is one. */
export async function addSetting(db: Db, key: string, value: unknown, now: Date): Promise<boolean> {
  const result = await on(db)
    .insertInto('settings')
    .values({ key, value: JSON.stringify(value), updated_at: now })
    .onConflict((conflict) => conflict.column('key').doNothing())
    .executeTakeFirst();
  return result.numInsertedOrUpdatedRows === 1n;
}

/** Returns the value under `key`, or writes `initial` if there is none. Other callers wait until the transaction ends. */
export async function holdSetting<T>(tx: Db, key: string, initial: T, now: Date): Promise<T> {
  const row = await on(tx)
    .insertInto('settings')
    .values({ key, value: JSON.stringify(initial), updated_at: now })
    .onConflict((conflict) => conflict.column('key').doUpdateSet({ updated_at: now }))
    .returning('value')
    .executeTakeFirstOrThrow();
  return row.value as T;
}

/** Deletes a value. Returns false if there is none. */
export async function deleteSetting(db: Db, key: string): Promise<boolean> {
  const result = await on(db).deleteFrom('settings').where('key', '=', key).executeTakeFirst();
  return result.numDeletedRows === 1n;
}

/** The mail server of this installation. */
export type EmailProvider = {
  name: string;
  enabled: boolean;
  defaultFromAddress: string | null;
  smtp: { host: string; port: number | null; user: string | null; password: string | null };
  settings: Record<string, unknown> | null;
};

const EMAIL_PROVIDER = 'email_provider';
type StoredProvider = Omit<EmailProvider, 'smtp'> & { smtp: string };

/**
 * Returns the mail server that was configured through the API, or `null`.
 * @param key key of the encryption at rest
 */
export async function readEmailProvider(db: Db, key: Buffer): Promise<EmailProvider | null> {
  const stored = await readSetting<StoredProvider>(db, EMAIL_PROVIDER);
  return stored === null ? null : opened(key, stored);
}

function opened(key: Buffer, stored: StoredProvider): EmailProvider {
  const smtp: EmailProvider['smtp'] = JSON.parse(decrypt(key, Buffer.from(stored.smtp, 'base64')));
  return { ...stored, smtp };
}

/** Writes the mail server. Returns false if there is one already. */
export async function addEmailProvider(
  db: Db,
  key: Buffer,
  provider: EmailProvider,
  now: Date,
): Promise<boolean> {
  return addSetting(db, EMAIL_PROVIDER, sealed(key, provider), now);
}

/**
 * Changes the mail server. A concurrent change waits and gets the result.
 * @returns `null` if there is none
 */
export async function changeEmailProvider(
  db: Db,
  key: Buffer,
  change: (before: EmailProvider) => EmailProvider,
  now: Date,
): Promise<EmailProvider | null> {
  return transaction(db, async (tx) => {
    const row = await on(tx)
      .selectFrom('settings')
      .select('value')
      .where('key', '=', EMAIL_PROVIDER)
      .forUpdate()
      .executeTakeFirst();
    if (!row) return null;
    const after = change(opened(key, row.value as StoredProvider));
    await writeSetting(tx, EMAIL_PROVIDER, sealed(key, after), now);
    return after;
  });
}

/** Deletes the mail server. Returns false if there is none. */
export async function deleteEmailProvider(db: Db): Promise<boolean> {
  return deleteSetting(db, EMAIL_PROVIDER);
}

/** Host and user are encrypted with the password, because together they allow sending in the operator's name. */
function sealed(key: Buffer, provider: EmailProvider): StoredProvider {
  return { ...provider, smtp: encrypt(key, JSON.stringify(provider.smtp)).toString('base64') };
}

/** Settings of the whole server (`/tenants/settings`); times in minutes. */
export type TenantSettings = {
  friendlyName: string | null;
  pictureUrl: string | null;
  supportEmail: string | null;
  supportUrl: string | null;
  allowedLogoutUrls: string[];
  defaultAudience: string | null;
  /** Name of the connection for the password grant. */
  defaultDirectory: string | null;
  /** URL to which people without an application are redirected. */
  defaultRedirectionUri: string | null;
  enabledLocales: string[];
  sessionLifetimeMinutes: number;
  idleSessionLifetimeMinutes: number;
  /** The same for sessions that end with the browser. */
  ephemeralSessionLifetimeMinutes: number;
  idleEphemeralSessionLifetimeMinutes: number;
  /** URL to which errors are redirected instead of an error page. */
  errorPageUrl: string | null;
  flags: Record<string, boolean>;
  /** Other API settings, unchanged. */
  extra: Record<string, unknown>;
};

export const TENANT_DEFAULTS: TenantSettings = {
  friendlyName: null,
  pictureUrl: null,
  supportEmail: null,
  supportUrl: null,
  allowedLogoutUrls: [],
  defaultAudience: null,
  defaultDirectory: null,
  defaultRedirectionUri: null,
  // All languages of pages and mails.
  enabledLocales: ['en', 'de', 'fr'],
  sessionLifetimeMinutes: 7 * 24 * 60,
  idleSessionLifetimeMinutes: 3 * 24 * 60,
  ephemeralSessionLifetimeMinutes: 3 * 24 * 60,
  idleEphemeralSessionLifetimeMinutes: 24 * 60,
  errorPageUrl: null,
  flags: {},
  extra: {},
};

const TENANT = 'tenant';

/** Returns the current settings, with defaults for those never set. */
export async function tenantSettings(db: Db): Promise<TenantSettings> {
  return withDefaults(await readSetting<Partial<TenantSettings>>(db, TENANT));
}

/**
 * Changes the named settings. Flags and other settings are changed one by one, so that two writers do not overwrite each other. It is one
 * statement.
 * @param changes.extra `null` deletes a setting
 */
export async function changeTenantSettings(
  db: Db,
  changes: Partial<TenantSettings>,
  now: Date,
): Promise<TenantSettings> {
  const { flags = {}, extra = {}, ...typed } = changes;
  const first = JSON.stringify({ ...typed, flags, extra: withoutNulls(extra) });
  const merged = sql<string>`settings.value || ${JSON.stringify(typed)}::jsonb || jsonb_build_object(
    'flags', coalesce(settings.value->'flags', '{}'::jsonb) || ${JSON.stringify(flags)}::jsonb,
    'extra', (coalesce(settings.value->'extra', '{}'::jsonb) || ${JSON.stringify(withoutNulls(extra))}::jsonb)
      - ${namesOfNulls(extra)}::text[])`;
  const row = await on(db)
    .insertInto('settings')
    .values({ key: TENANT, value: first, updated_at: now })
    .onConflict((conflict) =>
      conflict.column('key').doUpdateSet({ value: merged, updated_at: now }),
    )
    .returning('value')
    .executeTakeFirstOrThrow();
  return withDefaults(row.value as Partial<TenantSettings>);
}

/** Deletes a setting that refers by name to a deleted object. */
export async function forgetTenantReference(
  tx: Db,
  setting: 'defaultAudience' | 'defaultDirectory',
  name: string,
  now: Date,
): Promise<void> {
  await on(tx)
    .updateTable('settings')
    .set({
      value: sql<string>`value || ${JSON.stringify({ [setting]: null })}::jsonb`,
      updated_at: now,
    })
    .where('key', '=', TENANT)
    .where(sql<SqlBool>`value->>${setting}::text = ${name}`)
    .execute();
}

function withDefaults(stored: Partial<TenantSettings> | null): TenantSettings {
  return { ...TENANT_DEFAULTS, ...stored };
}

function withoutNulls(extra: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(extra).filter(([, value]) => value !== null));
}

function namesOfNulls(extra: Record<string, unknown>): string[] {
  return Object.entries(extra).flatMap(([name, value]) => (value === null ? [name] : []));
}
