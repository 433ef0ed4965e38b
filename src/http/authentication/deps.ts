import type { ChooseSmsSender } from '../../flows/choose-sms-sender/choose-sms-sender.ts';
import type { LimitRequest } from '../../flows/limit-requests/limit-requests.ts';
import type { PictureOf } from '../../platform/avatar/avatar.ts';
import type { Clock } from '../../platform/clock/clock.ts';
import type { Keys } from '../../platform/crypto/crypto.ts';
import type { Db } from '../../platform/db/db.ts';
import type { Egress } from '../../platform/egress/egress.ts';
import type { Log } from '../../platform/log/log.ts';
import type { Enqueue } from '../../platform/tasks/tasks.ts';
import type { Audit } from '../../records/logs/logs.ts';
import type { Directories } from '../../steps/ask-directory/ask-directory.ts';
import type { Actions } from '../../steps/run-actions/run-actions.ts';
import type { SharedPages } from '../seams/seams.ts';

export type AuthenticationDeps = {
  db: Db;
  clock: Clock;
  keys: Keys;
  log: Log;
  enqueue: Enqueue;
  /** Makes outgoing calls. */
  egress: Egress;
  audit: Audit;
  /** The legacy user databases of connections. */
  directories: Directories;
  /** Runs actions, rules and hooks. */
  actions: Actions;
  /** Chooses the sender of text messages. */
  smsSender: ChooseSmsSender;
  /** Returns a user's picture, or a default one. */
  pictureOf: PictureOf;
  /** An origin without a trailing slash. All our URLs begin with it. The Host header is never used. */
  publicUrl: string;
  /** Counts requests against the rate limits. undefined if there are none. */
  limit?: LimitRequest | undefined;
  /** Maximum size of user_metadata at sign-up, in bytes. */
  userMetadataMaxBytes?: number;
  /** How client secrets are stored. Default: `hashed`. */
  clientSecrets?: 'hashed' | 'encrypted';
  /** Pages of the authentication API, in the look of the hosted pages. */
  pages: SharedPages;
};
