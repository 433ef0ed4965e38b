import type { Clock } from '../../platform/clock/clock.ts';
import type { Keys } from '../../platform/crypto/crypto.ts';
import type { Db } from '../../platform/db/db.ts';
import type { Enqueue } from '../../platform/tasks/tasks.ts';
import type { SharedPages } from '../seams/seams.ts';

export type ConsoleDeps = {
  db: Db;
  clock: Clock;
  keys: Keys;
  enqueue: Enqueue;
  /** How secrets of applications are kept; `hashed` when absent. */
  clientSecrets?: 'hashed' | 'encrypted';
  /** An origin without a slash at its end. */
  publicUrl: string;
  /** True under https. */
  secureCookies: boolean;
  /** The program that the environment makes, if there is one. */
  bootstrapClientId: string | undefined;
  /** Whether this server shows caught mails at /dev/mailbox. */
  hasMailbox: boolean;
  /** A page in the look of the hosted ones. `body` is HTML, `moreStyle` the address of a style sheet besides theirs. */
  frame: SharedPages['frame'];
};
