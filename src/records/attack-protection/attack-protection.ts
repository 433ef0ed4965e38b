import { sql } from 'kysely';
import type { Db } from '../../platform/db/db.ts';

/** Limit on wrong passwords for one account. */
export type BruteForceProtection = {
  enabled: boolean;
  shields: string[];
  /** Addresses and networks that are not counted. */
  allowlist: string[];
  mode: 'count_per_identifier_and_ip' | 'count_per_identifier';
  maxAttempts: number;
};

/** Number of attempts allowed at once, and the milliseconds until one more is allowed. */
export type Pace = { maxAttempts: number; rate: number };

/** Limit on attempts from one address, for any account. */
export type SuspiciousIpThrottling = {
  enabled: boolean;
  shields: string[];
  allowlist: string[];
  preLogin: Pace;
  preUserRegistration: Pace;
};

export type BreachedPasswordDetection = {
  enabled: boolean;
  shields: string[];
  preUserRegistration: string[];
  preChangePassword: string[];
};

/** Limits on text messages and calls with codes. The numbers apply to one hour. */
export type TextLimits = {
  /** Countries of numbers that get texts (ISO 3166-1 alpha-2). `null`: all. */
  countries: { mode: 'allow' | 'deny'; list: string[] } | null;
  /** Whether numbers get none that belong to no range which the server knows. */
  refuseUnassigned: boolean;
  perNumber: number;
  perAddress: number;
  perCountry: number;
  total: number;
};

export type AttackProtection = {
  textLimits: TextLimits;
  bruteForce: BruteForceProtection;
  suspiciousIp: SuspiciousIpThrottling;
  breachedPassword: BreachedPasswordDetection;
};

/** Defaults. Those of passwords are the same as Auth0's. */
export const PROTECTION_DEFAULTS: AttackProtection = {
  textLimits: {
    countries: null,
    refuseUnassigned: true,
    perNumber: 10,
    perAddress: 50,
    perCountry: 500,
    total: 1000,
  },
  bruteForce: {
    enabled: true,
    shields: ['block', 'user_notification'],
    allowlist: [],
    mode: 'count_per_identifier_and_ip',
    maxAttempts: 10,
  },
  suspiciousIp: {
    enabled: true,
    shields: ['block'],
    allowlist: [],
    preLogin: { maxAttempts: 100, rate: 864_000 },
    preUserRegistration: { maxAttempts: 50, rate: 1200 },
  },
  breachedPassword: {
    enabled: false,
    shields: [],
    preUserRegistration: [],
    preChangePassword: [],
  },
};

// A login must not wait for a query each time. A change by another node takes effect within this time.
const REMEMBERED_MS = 5000;
const remembered = new WeakMap<Db, { at: number; protection: AttackProtection }>();

/** Returns the settings, at most five seconds old. */
export async function attackProtection(db: Db): Promise<AttackProtection> {
  const known = remembered.get(db);
  if (known && performance.now() - known.at < REMEMBERED_MS) return known.protection;
  const protection = await readAttackProtection(db);
  remembered.set(db, { at: performance.now(), protection });
  return protection;
}

/** Returns the current settings, whichever node changed them. */
export async function readAttackProtection(db: Db): Promise<AttackProtection> {
  const { rows } = await sql<{ kind: string; settings: object }>`
    select kind, settings from attack_protection`.execute(db);
  const stored = new Map(rows.map((row) => [row.kind, row.settings]));
  return {
    textLimits: { ...PROTECTION_DEFAULTS.textLimits, ...stored.get('textLimits') },
    bruteForce: { ...PROTECTION_DEFAULTS.bruteForce, ...stored.get('bruteForce') },
    suspiciousIp: { ...PROTECTION_DEFAULTS.suspiciousIp, ...stored.get('suspiciousIp') },
    breachedPassword: {
      ...PROTECTION_DEFAULTS.breachedPassword,
      ...stored.get('breachedPassword'),
    },
  };
}

/** The properties to change. A {@link Pace} may have only one of its numbers. */
export type ProtectionChanges<T> = {
  [K in keyof T]?: T[K] extends Pace ? Partial<Pace> : T[K];
};

/** Changes the properties in `changes` and keeps the others. */
export async function changeProtection<K extends keyof AttackProtection>(
  db: Db,
  kind: K,
  changes: ProtectionChanges<AttackProtection[K]>,
  now: Date,
): Promise<AttackProtection[K]> {
  const defaults = JSON.stringify(PROTECTION_DEFAULTS[kind]);
  const json = JSON.stringify(changes);
  // Objects are merged in the database, so that two writers do not overwrite each other.
  const merged = sql`(
    select coalesce(jsonb_object_agg(key, case
      when jsonb_typeof(value) = 'object' and jsonb_typeof(kept) = 'object' then kept || value else value end), '{}')
    from jsonb_each(${json}::jsonb), lateral (select coalesce(before.settings->key, ${defaults}::jsonb->key) as kept) each)`;
  await sql`
    insert into attack_protection (kind, settings, updated_at)
    values (${kind}, '{}', ${now})
    on conflict (kind) do nothing`.execute(db);
  await sql`
    update attack_protection before set settings = before.settings || ${merged}, updated_at = ${now}
    where kind = ${kind}`.execute(db);
  remembered.delete(db);
  return (await readAttackProtection(db))[kind];
}
