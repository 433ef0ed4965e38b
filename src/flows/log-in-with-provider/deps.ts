import type { Social } from '../../outbound/social/social.ts';
import type { Clock } from '../../platform/clock/clock.ts';
import type { Keys } from '../../platform/crypto/crypto.ts';
import type { Db } from '../../platform/db/db.ts';
import type { Log } from '../../platform/log/log.ts';
import type { Enqueue } from '../../platform/tasks/tasks.ts';
import type { Audit } from '../../records/logs/logs.ts';

export type ProviderLoginDeps = {
  db: Db;
  clock: Clock;
  keys: Keys;
  log: Log;
  audit: Audit;
  enqueue: Enqueue;
  social: Social;
};
