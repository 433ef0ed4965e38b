import type { Clock } from '../../platform/clock/clock.ts';
import type { Keys } from '../../platform/crypto/crypto.ts';
import type { Db } from '../../platform/db/db.ts';
import {
  changePhoneSettings,
  changeProvider,
  type FactorName,
  type FactorSettings,
  type Policy,
  type ProviderSettings,
  readFactorSettings,
  setFactorEnabled,
  setPolicies,
} from '../../records/factor-settings/factor-settings.ts';
import { textMessage } from '../../steps/word-texts/word-texts.ts';

type Deps = { db: Db; clock: Clock };

/** Liquid templates of the texts with a code. */
export type PhoneTexts = { enrollment: string; verification: string };

/** Enables or disables a factor for all users. */
export async function switchFactor(
  { db, clock }: Deps,
  factor: { name: FactorName; enabled: boolean },
): Promise<void> {
  await setFactorEnabled(db, { ...factor, now: clock.now() });
}

/** Sets when users need a second factor. */
export async function chooseFactorPolicies({ db, clock }: Deps, policies: Policy[]): Promise<void> {
  await setPolicies(db, policies, clock.now());
}

/** Changes how codes reach phones. */
export async function changePhoneDelivery(
  { db, clock }: Deps,
  changes: Partial<Pick<FactorSettings['phone'], 'provider' | 'messageTypes'>>,
): Promise<void> {
  await changePhoneSettings(db, changes, clock.now());
}

/** Returns the operator's texts with a code, or the built-in ones in English. */
export async function phoneTexts({ db }: { db: Db }): Promise<PhoneTexts> {
  return (await readFactorSettings(db)).phone.templates ?? builtInTexts();
}

/**
 * Sets the texts with a code. The built-in texts, as {@link phoneTexts} returns them, remove the operator's own: each user gets the built-in
 * text in their language.
 */
export async function setPhoneTexts({ db, clock }: Deps, texts: PhoneTexts): Promise<void> {
  const { enrollment, verification } = builtInTexts();
  const isBuiltIn = texts.enrollment === enrollment && texts.verification === verification;
  await changePhoneSettings(db, { templates: isBuiltIn ? null : texts }, clock.now());
}

function builtInTexts(): PhoneTexts {
  return {
    enrollment: textMessage('enrollment', 'en'),
    verification: textMessage('verification', 'en'),
  };
}

/**
 * Changes the settings of a provider of text messages. Concurrent changes wait for each other.
 * @param change returns the new settings for the stored ones
 */
export function changePhoneProvider(
  { db, clock, keys }: Deps & { keys: Pick<Keys, 'encryption'> },
  name: 'twilio',
  change: (before: ProviderSettings) => ProviderSettings,
): Promise<ProviderSettings> {
  return changeProvider(db, { key: keys.encryption, name, now: clock.now(), change });
}
