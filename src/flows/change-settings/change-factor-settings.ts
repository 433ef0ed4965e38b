import type { Clock } from '../../platform/clock/clock.ts';
import type { Keys } from '../../platform/crypto/crypto.ts';
import { type Db, transactionWithUndo } from '../../platform/db/db.ts';
import { holdClient } from '../../records/clients/clients.ts';
import {
  changePhoneSettings,
  changeProvider,
  type FactorName,
  type FactorRules,
  type FactorSettings,
  type Policy,
  type ProviderSettings,
  type RuleSubjects,
  readFactorSettings,
  replaceRuleSubjects,
  setFactorEnabled,
  setFactorRules,
  setPolicies,
} from '../../records/factor-settings/factor-settings.ts';
import { holdOrganization } from '../../records/organizations/organizations.ts';
import { holdRoles } from '../../records/roles/roles.ts';
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

export type RulesChosen =
  | { kind: 'chosen' }
  /** An id belongs to nothing. */
  | { kind: 'missing'; what: keyof RuleSubjects; id: string };

/**
 * Replaces the rules that ask for a second factor. The objects that they name must exist, and are locked against deletion until the rules
 * are written. A later deletion ends the rule.
 */
export async function chooseFactorRules(
  { db, clock }: Deps,
  input: { subjects: RuleSubjects; rules: FactorRules },
): Promise<RulesChosen> {
  const { subjects, rules } = input;
  type Missing = Extract<RulesChosen, { kind: 'missing' }>;
  return transactionWithUndo(db, async (tx, undo: (outcome: Missing) => never) => {
    const missing = (what: keyof RuleSubjects, id: string) => undo({ kind: 'missing', what, id });
    // First, because concurrent changes wait here for each other.
    await setFactorRules(tx, rules, clock.now());
    const [role] = await holdRoles(tx, subjects.roles);
    if (role !== undefined) missing('roles', role);
    for (const id of subjects.organizations) {
      if (!(await holdOrganization(tx, id))) missing('organizations', id);
    }
    for (const id of subjects.clients) {
      if (!(await holdClient(tx, id))) missing('clients', id);
    }
    await replaceRuleSubjects(tx, subjects);
    return { kind: 'chosen' } as const;
  });
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
