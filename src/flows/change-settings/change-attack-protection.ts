import type { Clock } from '../../platform/clock/clock.ts';
import type { Db } from '../../platform/db/db.ts';
import { PHONE_COUNTRIES } from '../../platform/phone-number/phone-number.ts';
import {
  type AttackProtection,
  changeProtection,
  type ProtectionChanges,
} from '../../records/attack-protection/attack-protection.ts';
import { type TextUse, textUse } from '../../steps/send-text/send-text.ts';

/** Returns how many texts with codes were asked for in the running hour. */
export function textsOfThisHour({ db, clock }: { db: Db; clock: Clock }): Promise<TextUse> {
  return textUse(db, PHONE_COUNTRIES, clock.now());
}

/** Changes the limits that `changes` names, and keeps the others. */
export function changeAttackProtection<K extends keyof AttackProtection>(
  { db, clock }: { db: Db; clock: Clock },
  kind: K,
  changes: ProtectionChanges<AttackProtection[K]>,
): Promise<AttackProtection[K]> {
  return changeProtection(db, kind, changes, clock.now());
}
