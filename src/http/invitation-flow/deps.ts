import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ChooseSmsSender } from '../../flows/choose-sms-sender/choose-sms-sender.ts';
import type { LimitRequest } from '../../flows/limit-requests/limit-requests.ts';
import type { Social } from '../../outbound/social/social.ts';
import type { Clock } from '../../platform/clock/clock.ts';
import type { Keys } from '../../platform/crypto/crypto.ts';
import type { Db } from '../../platform/db/db.ts';
import type { Log } from '../../platform/log/log.ts';
import type { Enqueue } from '../../platform/tasks/tasks.ts';
import type { Audit } from '../../records/logs/logs.ts';
import type { Directories } from '../../steps/ask-directory/ask-directory.ts';
import type { Actions } from '../../steps/run-actions/run-actions.ts';

export type InvitationFlowDeps = {
  db: Db;
  clock: Clock;
  keys: Keys;
  log: Log;
  audit: Audit;
  /** Runs actions, rules and hooks. */
  actions: Actions;
  enqueue: Enqueue;
  /** An origin without a trailing slash. */
  publicUrl: string;
  /** Logins at identity providers. */
  social: Social;
  /** The legacy user databases of connections. */
  directories: Directories;
  smsSender: ChooseSmsSender;
  limit?: LimitRequest | undefined;
};

/** A step of the flow whose secret the request has. */
export type FlowHandler = (
  request: FastifyRequest,
  reply: FastifyReply,
  secret: string,
) => Promise<unknown>;
