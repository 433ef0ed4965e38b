import type { SmsSender } from '../../outbound/sms/sms.ts';
import type { Clock } from '../../platform/clock/clock.ts';
import type { Keys } from '../../platform/crypto/crypto.ts';
import { type Db, transaction } from '../../platform/db/db.ts';
import { languageFor, preferredLocale } from '../../platform/locales/locales.ts';
import type { Enqueue } from '../../platform/tasks/tasks.ts';
import type { AuthenticationMethod } from '../../records/authentication-methods/authentication-methods.ts';
import {
  type Channel,
  codeOf,
  newChallenge,
} from '../../records/factor-challenges/factor-challenges.ts';
import { readFactorSettings } from '../../records/factor-settings/factor-settings.ts';
import type { Audit } from '../../records/logs/logs.ts';
import type { NewMessage } from '../../records/messages/messages.ts';
import { tenantSettings } from '../../records/settings/settings.ts';
import { countSent } from '../../records/throttles/throttles.ts';
import type { User } from '../../records/users/users.ts';
import { queueMail } from '../../steps/queue-mail/queue-mail.ts';
import { prepareText } from '../../steps/send-text/send-text.ts';
import { wordText } from '../../steps/word-texts/word-texts.ts';

export type ProveFactorDeps = {
  db: Db;
  clock: Clock;
  keys: Keys;
  enqueue: Enqueue;
  audit: Audit;
  /** An origin without a trailing slash. */
  publicUrl: string;
  /** Returns `null` if no phone provider is configured. */
  smsSender(): Promise<SmsSender | null>;
};

export type CodeSent =
  | { kind: 'sent'; challengeId: string; secret: string; channel: Channel }
  | { kind: 'throttled'; retryAfterSeconds: number }
  /** Numbers like this get no codes. */
  | { kind: 'unreachable' }
  | { kind: 'failed'; problem: string };

/** The limit that clients of Auth0 know. */
const MESSAGES_PER_HOUR = 10;
const HOUR_SECONDS = 3600;
const GUESSED = 'second-factor';

/**
 * Sends a code to a phone or an email address. Up to 10 per hour to one user for unknown places together and for each known place. Texts and
 * calls have further limits (`steps/send-text`).
 */
export async function sendCodeTo(
  deps: ProveFactorDeps,
  input: {
    user: User;
    method: AuthenticationMethod;
    /** How to reach the phone this time. */
    channel?: 'sms' | 'voice' | undefined;
    clientId: string | null;
    ip: string;
    /** The secret that this browser keeps. Absent if the caller is no browser. */
    browser?: string | null;
  },
): Promise<CodeSent> {
  const { db, clock } = deps;
  const { user, method } = input;
  const now = clock.now();
  const seconds = await countSent(db, {
    what: 'factor-message',
    guessed: GUESSED,
    whom: { accountId: user.id },
    origin: originOf(input),
    most: MESSAGES_PER_HOUR,
    windowSeconds: HOUR_SECONDS,
    now,
  });
  if (seconds > 0) return { kind: 'throttled', retryAfterSeconds: seconds };
  return method.kind === 'email' && method.email !== null
    ? mailCode(deps, { ...input, email: method.email, now })
    : textCode(deps, { ...input, now });
}

type Sending = {
  user: User;
  method: AuthenticationMethod;
  channel?: 'sms' | 'voice' | undefined;
  clientId: string | null;
  ip: string;
  browser?: string | null;
  now: Date;
};

const originOf = ({ ip, browser = null }: { ip: string; browser?: string | null }) => ({
  ip,
  browser,
});

async function mailCode(
  { db, enqueue, audit }: ProveFactorDeps,
  { user, method, email, clientId, ip, now }: Sending & { email: string },
): Promise<CodeSent> {
  const made = await transaction(db, async (tx) => {
    const challenge = await newChallenge(tx, {
      userId: user.id,
      methodId: method.id,
      channel: 'email',
      now,
    });
    const message: NewMessage = {
      template: 'mfa_oob_code',
      recipient: email,
      userId: user.id,
      // The mail derives the code from this when it is rendered.
      data: { challengeId: challenge.id, challengeEnds: challenge.expiresAt.toISOString() },
    };
    await queueMail(tx, enqueue, [message], now);
    return challenge;
  });
  audit.record({ type: 'gd_send_email', userId: user.id, userName: user.email, clientId, ip });
  return { kind: 'sent', challengeId: made.id, secret: made.secret, channel: 'email' };
}

async function textCode(deps: ProveFactorDeps, sending: Sending): Promise<CodeSent> {
  const { db, keys, audit } = deps;
  const { user, method, clientId, ip, now } = sending;
  const settings = await readFactorSettings(db);
  const channel = channelFor(sending, settings.phone.messageTypes);
  const event = { userId: user.id, userName: user.email, clientId, ip };
  const fail = (problem: string): CodeSent => {
    const type = channel === 'sms' ? 'gd_send_sms_failure' : 'gd_send_voice_failure';
    audit.record({ ...event, type, description: problem });
    return { kind: 'failed', problem };
  };
  if (method.phoneNumber === null) return fail('The authentication method has no phone number.');
  const prepared = await prepareText(deps, {
    to: method.phoneNumber,
    // An unconfirmed number may be anybody's. Accounts cost nothing, but text messages do.
    isProven: method.confirmed,
    whom: { accountId: user.id },
    guessed: GUESSED,
    origin: originOf(sending),
    channel,
    event,
  });
  if (prepared.kind !== 'ready') return prepared;
  const made = await newChallenge(db, { userId: user.id, methodId: method.id, channel, now });
  const occasion = method.confirmed ? 'verification' : 'enrollment';
  const { friendlyName, supportEmail, supportUrl, enabledLocales } = await tenantSettings(db);
  const wish = preferredLocale(user.userMetadata);
  const text = await wordText(deps, {
    occasion,
    own: settings.phone.templates?.[occasion] ?? null,
    facts: {
      code: codeOf(keys.ticket, made.id),
      channel,
      language: languageFor(wish, enabledLocales),
      wish,
      friendlyName: friendlyName ?? new URL(deps.publicUrl).hostname,
      supportEmail,
      supportUrl,
    },
  });
  const outcome = await prepared.send(text);
  if (outcome.kind === 'failed') return fail(outcome.problem);
  audit.record({ ...event, type: channel === 'sms' ? 'gd_send_sms' : 'gd_send_voice' });
  return { kind: 'sent', challengeId: made.id, secret: made.secret, channel };
}

function channelFor({ channel, method }: Sending, offered: ('sms' | 'voice')[]): 'sms' | 'voice' {
  const wished = channel ?? method.preferred ?? 'sms';
  return offered.includes(wished) ? wished : (offered[0] ?? 'sms');
}
