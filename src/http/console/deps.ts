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
  /** How client secrets are stored. Default: `hashed`. */
  clientSecrets?: 'hashed' | 'encrypted';
  /** An origin without a trailing slash. */
  publicUrl: string;
  /** True under https. */
  secureCookies: boolean;
  /** The client ID of the program set in the environment. */
  bootstrapClientId: string | undefined;
  /** Whether this server shows mails at /dev/mailbox. */
  hasMailbox: boolean;
  /** Renders a page in the look of the hosted pages. `body` is HTML, `moreStyle` the address of an additional style sheet. */
  frame: SharedPages['frame'];
};
