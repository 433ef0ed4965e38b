import type { PictureOf } from '../../../platform/avatar/avatar.ts';
import type { Clock } from '../../../platform/clock/clock.ts';
import type { Keys } from '../../../platform/crypto/crypto.ts';
import type { Db } from '../../../platform/db/db.ts';
import type { Enqueue } from '../../../platform/tasks/tasks.ts';
import type { Audit } from '../../../records/logs/logs.ts';

/** Dependencies that every folder of the management API can need. */
export type BaseDeps = {
  db: Db;
  keys: Keys;
  clock: Clock;
  audit: Audit;
  enqueue: Enqueue;
  /** With `encrypted`, callers who can read the keys of clients can also read their secrets. */
  clientSecrets?: 'hashed' | 'encrypted';
  /** The header with the country of an address. Absent: countries are unknown. */
  countryHeader?: string | undefined;
  /** The picture of a user. Generates one if the user has none. */
  pictureOf: PictureOf;
  /** Without a trailing slash. */
  publicUrl: string;
};
