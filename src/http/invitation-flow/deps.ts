import type { ChooseSmsSender } from '../../flows/choose-sms-sender/choose-sms-sender.ts';
import type { LimitRequest } from '../../flows/limit-requests/limit-requests.ts';
import type { Clock } from '../../platform/clock/clock.ts';
import type { Keys } from '../../platform/crypto/crypto.ts';
import type { Db } from '../../platform/db/db.ts';
import type { Log } from '../../platform/log/log.ts';
import type { Enqueue } from '../../platform/tasks/tasks.ts';
import type { Audit } from '../../records/logs/logs.ts';

export type InvitationFlowDeps = {
  db: Db;
  clock: Clock;
  keys: Keys;
  log: Log;
  audit: Audit;
  enqueue: Enqueue;
  /** An origin without a trailing slash. */
  publicUrl: string;
  smsSender: ChooseSmsSender;
  limit?: LimitRequest | undefined;
};
