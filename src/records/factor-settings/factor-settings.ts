import { sql } from 'kysely';
import { decrypt, encrypt } from '../../platform/crypto/crypto.ts';
import { type Db, transaction } from '../../platform/db/db.ts';

/** Factor names in the order of the API. */
export const FACTOR_NAMES = [
  'sms',
  'push-notification',
  'otp',
  'email',
  'duo',
  'webauthn-roaming',
  'webauthn-platform',
  'recovery-code',
] as const;
export type FactorName = (typeof FACTOR_NAMES)[number];

/** `confidence-score`: asked if the person has a factor. */
export type Policy = 'all-applications' | 'confidence-score';

/** Delivery of codes to phones. `auth0` is this server's own; `phone-message-hook` is its webhook. */
export type PhoneProvider = 'auth0' | 'twilio' | 'phone-message-hook';

/** Settings of an external service, under their API names. */
export type ProviderSettings = Record<string, unknown>;

export type FactorSettings = {
  factors: Record<FactorName, boolean>;
  /** Empty: a factor is asked for only if the application requests it. */
  policies: Policy[];
  phone: {
    provider: PhoneProvider;
    messageTypes: ('sms' | 'voice')[];
    /** Liquid texts, or `null` for the built-in ones. */
    templates: { enrollment: string; verification: string } | null;
  };
};

const NO_FACTORS: Record<FactorName, boolean> = {
  sms: false,
  'push-notification': false,
  otp: false,
  email: false,
  duo: false,
  'webauthn-roaming': false,
  'webauthn-platform': false,
  'recovery-code': false,
};

const FACTOR = 'factor:';
const PHONE = 'phone:';
const PROVIDER = 'provider:';

/** Returns the enabled factors, the policies, and how phones are reached. */
export async function readFactorSettings(db: Db): Promise<FactorSettings> {
  const { rows } = await sql<{ key: string; value: unknown }>`
    select key, value from factor_settings where key = 'policies' or key like 'factor:%' or key like 'phone:%'`.execute(
    db,
  );
  const values = new Map(rows.map((row) => [row.key, row.value]));
  const factors = { ...NO_FACTORS };
  for (const name of FACTOR_NAMES) factors[name] = values.get(FACTOR + name) === true;
  return {
    factors,
    policies: (values.get('policies') as Policy[] | undefined) ?? [],
    phone: {
      provider: (values.get(`${PHONE}provider`) as PhoneProvider | undefined) ?? 'auth0',
      messageTypes: (values.get(`${PHONE}message-types`) as ('sms' | 'voice')[] | undefined) ?? [
        'sms',
      ],
      templates:
        (values.get(`${PHONE}templates`) as FactorSettings['phone']['templates'] | undefined) ??
        null,
    },
  };
}

export async function setFactorEnabled(
  db: Db,
  input: { name: FactorName; enabled: boolean; now: Date },
): Promise<void> {
  await write(db, FACTOR + input.name, input.enabled, input.now);
}

export async function setPolicies(db: Db, policies: Policy[], now: Date): Promise<void> {
  await write(db, 'policies', policies, now);
}

/** Changes how phones are reached. Absent properties stay. */
export async function changePhoneSettings(
  db: Db,
  changes: Partial<FactorSettings['phone']>,
  now: Date,
): Promise<void> {
  const { provider, messageTypes, templates } = changes;
  if (provider !== undefined) await write(db, `${PHONE}provider`, provider, now);
  if (messageTypes !== undefined) await write(db, `${PHONE}message-types`, messageTypes, now);
  if (templates !== undefined) await write(db, `${PHONE}templates`, templates, now);
}

/** Returns the settings of an external service by its name: `twilio`, `duo` and so on. They are stored encrypted. */
export async function readProvider(
  db: Db,
  input: { key: Buffer; name: string },
): Promise<ProviderSettings | null> {
  const { rows } = await sql<{ value: string }>`
    select value from factor_settings where key = ${PROVIDER + input.name}`.execute(db);
  return rows[0] === undefined ? null : opened(input.key, rows[0].value);
}

/**
 * Changes such settings, starting from {} if there are none. A concurrent change waits and gets the result.
 * @returns the new settings
 */
export async function changeProvider(
  db: Db,
  input: {
    key: Buffer;
    name: string;
    now: Date;
    change: (before: ProviderSettings) => ProviderSettings;
  },
): Promise<ProviderSettings> {
  const name = PROVIDER + input.name;
  return transaction(db, async (tx) => {
    const nothing = JSON.stringify(sealed(input.key, {}));
    await sql`insert into factor_settings (key, value, updated_at)
      values (${name}, ${nothing}::jsonb, ${input.now}) on conflict (key) do nothing`.execute(tx);
    const { rows } = await sql<{ value: string }>`
      select value from factor_settings where key = ${name} for update`.execute(tx);
    const after = input.change(rows[0] === undefined ? {} : opened(input.key, rows[0].value));
    await write(tx, name, sealed(input.key, after), input.now);
    return after;
  });
}

function sealed(key: Buffer, settings: ProviderSettings): string {
  return encrypt(key, JSON.stringify(settings)).toString('base64');
}

function opened(key: Buffer, value: string): ProviderSettings {
  return JSON.parse(decrypt(key, Buffer.from(value, 'base64')));
}

async function write(db: Db, key: string, value: unknown, now: Date): Promise<void> {
  const json = JSON.stringify(value);
  await sql`insert into factor_settings (key, value, updated_at) values (${key}, ${json}::jsonb, ${now})
    on conflict (key) do update set value = excluded.value, updated_at = excluded.updated_at`.execute(
    db,
  );
}
