import type { ChooseSmsSender } from '../../flows/choose-sms-sender/choose-sms-sender.ts';
import type { LimitRequest } from '../../flows/limit-requests/limit-requests.ts';
import type { PictureOf } from '../../platform/avatar/avatar.ts';
import type { Clock } from '../../platform/clock/clock.ts';
import type { Keys } from '../../platform/crypto/crypto.ts';
import type { Db } from '../../platform/db/db.ts';
import type { Log } from '../../platform/log/log.ts';
import type { Enqueue } from '../../platform/tasks/tasks.ts';
import type { Audit } from '../../records/logs/logs.ts';
import type { SharedPages } from '../seams/seams.ts';

export type AuthenticationDeps = {
  db: Db;
  clock: Clock;
  keys: Keys;
  log: Log;
  enqueue: Enqueue;
  audit: Audit;
  /** How texts reach phones. */
  smsSender: ChooseSmsSender;
  /** The picture of somebody, made up where there is none. */
  pictureOf: PictureOf;
  /** An origin without a slash at its end. Every URL we make begins with it; the Host header is never used. */
  publicUrl: string;
  /** Counts requests against the limits of this installation; undefined where there are none. */
  limit?: LimitRequest | undefined;
  /** How large somebody who signs up may make their user_metadata. */
  userMetadataMaxBytes?: number;
  /** How secrets of applications are kept; `hashed` when absent. */
  clientSecrets?: 'hashed' | 'encrypted';
  /** Pages that this door shows in the look of the others. */
  pages: SharedPages;
};
