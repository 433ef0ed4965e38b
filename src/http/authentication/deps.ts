import type { Clock } from '../../platform/clock/clock.ts';
import type { Keys } from '../../platform/crypto/crypto.ts';
import type { Db } from '../../platform/db/db.ts';
import type { Log } from '../../platform/log/log.ts';
import type { DatabaseConnections } from './db-connections.ts';
import type { Pages } from './pages.ts';

export type AuthenticationDeps = {
  db: Db;
  clock: Clock;
  keys: Pick<Keys, 'cookie' | 'encryption' | 'csrf'>;
  log: Log;
  /** An origin without a slash at its end. Every URL we make begins with it; the Host header is never used. */
  publicUrl: string;
  /** Plain pages when absent. */
  pages?: Pages;
  /** What /dbconnections/* calls; without it those routes are not there. */
  databaseConnections?: DatabaseConnections;
};
