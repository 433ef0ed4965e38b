import { BlockList, isIP } from 'node:net';
import { sql } from 'kysely';
import type { Db } from '../../platform/db/db.ts';

/** Wrong passwords for one account. */
export type BruteForceProtection = {
  enabled: boolean;
  shields: string[];
  /** Addresses and networks that it doesn't count. */
  allowlist: string[];
  mode: 'count_per_identifier_and_ip' | 'count_per_identifier';
  maxAttempts: number;
};

/** Attempts allowed at once, and after how many milliseconds one more is. */
export type Pace = { maxAttempts: number; rate: number };

/** Attempts from one address, for whatever account. */
export type SuspiciousIpThrottling = {
  enabled: boolean;
  shields: string[];
  allowlist: string[];
  preLogin: Pace;
  preUserRegistration: Pace;
  preCustomTokenExchange: Pace;
};

export type BreachedPasswordDetection = {
  enabled: boolean;
  shields: string[];
  adminNotificationFrequency: string[];
  method: 'standard' | 'enhanced';
  preUserRegistration: string[];
  preChangePassword: string[];
};

export type AttackProtection = {
  bruteForce: BruteForceProtection;
  suspiciousIp: SuspiciousIpThrottling;
  breachedPassword: BreachedPasswordDetection;
};

/** What holds until somebody sets something else: Auth0's own. */
export const PROTECTION_DEFAULTS: AttackProtection = {
  bruteForce: {
    enabled: true,
    shields: ['block', 'user_notification'],
    allowlist: [],
    mode: 'count_per_identifier_and_ip',
    maxAttempts: 10,
  },
  suspiciousIp: {
    enabled: true,
    shields: ['admin_notification', 'block'],
    allowlist: [],
    preLogin: { maxAttempts: 100, rate: 864_000 },
    preUserRegistration: { maxAttempts: 50, rate: 1200 },
    preCustomTokenExchange: { maxAttempts: 10, rate: 600_000 },
  },
  breachedPassword: {
    enabled: false,
    shields: [],
    adminNotificationFrequency: [],
    method: 'standard',
    preUserRegistration: [],
    preChangePassword: [],
  },
};

// A login must not wait for it each time; another node's change is seen within this time.
const REMEMBERED_MS = 5000;
const remembered = new WeakMap<Db, { at: number; protection: AttackProtection }>();

/** The protection as set, at most five seconds old. */
export async function attackProtection(db: Db): Promise<AttackProtection> {
  const known = remembered.get(db);
  if (known && performance.now() - known.at < REMEMBERED_MS) return known.protection;
  const { rows } = await sql<{ kind: string; settings: object }>`
    select kind, settings from attack_protection`.execute(db);
  const stored = new Map(rows.map((row) => [row.kind, row.settings]));
  const protection: AttackProtection = {
    bruteForce: { ...PROTECTION_DEFAULTS.bruteForce, ...stored.get('bruteForce') },
    suspiciousIp: { ...PROTECTION_DEFAULTS.suspiciousIp, ...stored.get('suspiciousIp') },
    breachedPassword: {
      ...PROTECTION_DEFAULTS.breachedPassword,
      ...stored.get('breachedPassword'),
    },
  };
  remembered.set(db, { at: performance.now(), protection });
  return protection;
}

/** Sets what `changes` names, and leaves the rest as it was. */
export async function changeProtection<K extends keyof AttackProtection>(
  db: Db,
  kind: K,
  changes: Partial<AttackProtection[K]>,
  now: Date,
): Promise<AttackProtection[K]> {
  const json = JSON.stringify(changes);
  await sql`
    insert into attack_protection (kind, settings, updated_at) values (${kind}, ${json}::jsonb, ${now})
    on conflict (kind) do update set settings = attack_protection.settings || excluded.settings,
      updated_at = excluded.updated_at`.execute(db);
  remembered.delete(db);
  return (await attackProtection(db))[kind];
}

/** Whether an address is one of these, or in one of these networks. */
export function isListed(ip: string, list: string[]): boolean {
  if (list.length === 0) return false;
  const plain = ip.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '');
  const version = isIP(plain);
  if (version === 0) return false;
  const known = new BlockList();
  for (const one of list) {
    const [address = '', bits] = one.split('/');
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    if (isIP(address) === 0) continue;
    if (bits === undefined) known.addAddress(address, family);
    else known.addSubnet(address, Number(bits), family);
  }
  return known.check(plain, version === 6 ? 'ipv6' : 'ipv4');
}
