import type { PictureOf } from '../../../platform/avatar/avatar.ts';
import type { Clock } from '../../../platform/clock/clock.ts';
import type { Keys } from '../../../platform/crypto/crypto.ts';
import type { Db } from '../../../platform/db/db.ts';
import type { Enqueue } from '../../../platform/tasks/tasks.ts';
import type { Audit } from '../../../records/logs/logs.ts';

/** What every resource of the management API may need. */
export type BaseDeps = {
  db: Db;
  keys: Keys;
  clock: Clock;
  audit: Audit;
  enqueue: Enqueue;
  /** `encrypted`: secrets of clients can be read back by who may read their keys. */
  clientSecrets?: 'hashed' | 'encrypted';
  /** The picture of somebody, made up where there is none. */
  pictureOf: PictureOf;
  /** Without a trailing slash. */
  publicUrl: string;
};
