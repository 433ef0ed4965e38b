import type { ChooseSmsSender } from '../../flows/choose-sms-sender/choose-sms-sender.ts';
import type { Social } from '../../outbound/social/social.ts';
import type { Clock } from '../../platform/clock/clock.ts';
import type { Keys } from '../../platform/crypto/crypto.ts';
import type { Db } from '../../platform/db/db.ts';
import type { Log } from '../../platform/log/log.ts';
import type { Enqueue } from '../../platform/tasks/tasks.ts';
import type { Audit } from '../../records/logs/logs.ts';
import type { Directories } from '../../steps/ask-directory/ask-directory.ts';
import type { Actions } from '../../steps/run-actions/run-actions.ts';
import type { Interactions } from '../seams/seams.ts';
import type { BrandSource } from './brand/brand.ts';
import type { Proofs } from './browser/browser.ts';
import type { Csrf, Pages } from './page/page.ts';

export type HostedPagesDeps = {
  db: Db;
  clock: Clock;
  enqueue: Enqueue;
  audit: Audit;
  /** Runs actions, rules and hooks. */
  actions: Actions;
  keys: Keys;
  log: Log;
  /** Logins at identity providers. */
  social: Social;
  /** The legacy user databases of connections. */
  directories: Directories;
  /** Chooses the sender of text messages. */
  smsSender: ChooseSmsSender;
  /** An origin without a trailing slash. */
  publicUrl: string;
  /** True under https. */
  secureCookies: boolean;
  interactions: Interactions;
  /** The look of the pages. Default: a source of its own. */
  brand?: BrandSource;
};

/** The dependencies that the routes of this folder share. */
export type PageDeps = HostedPagesDeps & { pages: Pages; csrf: Csrf; proofs: Proofs };
