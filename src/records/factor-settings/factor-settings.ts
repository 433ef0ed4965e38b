import { sql } from 'kysely';
import { decrypt, encrypt } from '../../platform/crypto/crypto.ts';
import { type Db, transaction } from '../../platform/db/db.ts';
import { allowedBy, enrollable } from './enrollable-factors.ts';
import { FACTOR_NAMES, type FactorName, type RequiredFactor } from './factor-names.ts';

export { allowedBy, enrollable } from './enrollable-factors.ts';
export {
  type EnrollableFactor,
  FACTOR_NAMES,
  type FactorName,
  type RequiredFactor,
} from './factor-names.ts';
export { findRequirement, fulfilRequirement, requireFactors } from './required-factors.ts';
export {
  type MatchedRule,
  matchedRules,
  type RuleSubjects,
  readRuleSubjects,
  replaceRuleSubjects,
} from './rule-subjects.ts';

/** `confidence-score`: asked at a risk, which is a new device or a new country. */
export type Policy = 'all-applications' | 'confidence-score';

/** Delivery of codes to phones. `auth0` is this server's own; `phone-message-hook` is its webhook. */
export type PhoneProvider = 'auth0' | 'twilio' | 'phone-message-hook';

/** Settings of an external service, under their API names. */
export type ProviderSettings = Record<string, unknown>;

/** Rules that ask for a second factor, beside the policies and those of `rule-subjects.ts`. */
export type FactorRules = {
  /** Users who have a factor must show it. */
  enrolled: boolean;
  /** A login at a device, or in a country, that is new for the user. */
  risk: { newDevice: boolean; newCountry: boolean };
};

const NO_RISK: FactorRules['risk'] = { newDevice: false, newCountry: false };

export type FactorSettings = {
  factors: Record<FactorName, boolean>;
  /** Empty: a factor is asked for only if the application requests it. */
  policies: Policy[];
  /** The rules without objects. */
  rules: FactorRules;
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
const RULES = 'rules:';

/** Returns the enabled factors, the policies and rules, and how phones are reached. */
export async function readFactorSettings(db: Db): Promise<FactorSettings> {
  const { rows } = await sql<{ key: string; value: unknown }>`
    select key, value from factor_settings where key = 'policies' or key like 'factor:%' or key like 'phone:%' or key like 'rules:%'`.execute(
    db,
  );
  const values = new Map(rows.map((row) => [row.key, row.value]));
  const factors = { ...NO_FACTORS };
  for (const name of FACTOR_NAMES) factors[name] = values.get(FACTOR + name) === true;
  return {
    factors,
    policies: (values.get('policies') as Policy[] | undefined) ?? [],
    rules: {
      enrolled: values.get(`${RULES}enrolled`) === true,
      risk: (values.get(`${RULES}risk`) as FactorRules['risk'] | undefined) ?? NO_RISK,
    },
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

/** Returns those of the required factors that nobody can enroll now, because the server does not offer them. */
export async function unavailableFactors(
  db: Db,
  required: RequiredFactor[],
): Promise<RequiredFactor[]> {
  const enabled = enrollable(await readFactorSettings(db));
  return required.filter((one) => allowedBy([one], enabled).length === 0);
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

/** Replaces the rules. Other writers wait until the transaction ends. */
export async function setFactorRules(tx: Db, rules: FactorRules, now: Date): Promise<void> {
  await write(tx, `${RULES}enrolled`, rules.enrolled, now);
  await write(tx, `${RULES}risk`, rules.risk, now);
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
