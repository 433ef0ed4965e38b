import type { Clock } from '../../platform/clock/clock.ts';
import type { Keys } from '../../platform/crypto/crypto.ts';
import type { Db } from '../../platform/db/db.ts';

export type ManageActionsDeps = { db: Db; clock: Clock; keys: Pick<Keys, 'encryption'> };
