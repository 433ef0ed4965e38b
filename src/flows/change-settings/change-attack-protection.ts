import type { Clock } from '../../platform/clock/clock.ts';
import type { Db } from '../../platform/db/db.ts';
import {
  type AttackProtection,
  changeProtection,
  type ProtectionChanges,
} from '../../records/attack-protection/attack-protection.ts';

/** Changes the limits on guessed passwords that `changes` names, and keeps the others. */
export function changeAttackProtection<K extends keyof AttackProtection>(
  { db, clock }: { db: Db; clock: Clock },
  kind: K,
  changes: ProtectionChanges<AttackProtection[K]>,
): Promise<AttackProtection[K]> {
  return changeProtection(db, kind, changes, clock.now());
}
