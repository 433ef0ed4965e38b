import type { SmsSender, TextOutcome } from '../../outbound/sms/sms.ts';
import type { Clock } from '../../platform/clock/clock.ts';
import type { Keys } from '../../platform/crypto/crypto.ts';
import { type Db, transaction } from '../../platform/db/db.ts';
import { languageFor } from '../../platform/locales/locales.ts';
import type { Log } from '../../platform/log/log.ts';
import type { Enqueue } from '../../platform/tasks/tasks.ts';
import { findClient } from '../../records/clients/clients.ts';
import {
  type Connection,
  codeRulesOf,
  isSignupEnabled,
} from '../../records/connections/connections.ts';
import type { Audit } from '../../records/logs/logs.ts';
import {
  newPasswordlessCode,
  passwordlessDigits,
} from '../../records/passwordless-codes/passwordless-codes.ts';
import { newPasswordlessLink } from '../../records/passwordless-links/passwordless-links.ts';
import { tenantSettings } from '../../records/settings/settings.ts';
import { queueMail } from '../../steps/queue-mail/queue-mail.ts';
import type { Actions } from '../../steps/run-actions/run-actions.ts';
import { wordText } from '../../steps/word-texts/word-texts.ts';

export type PasswordlessDeps = {
  db: Db;
  clock: Clock;
  keys: Keys;
  log: Log;
  enqueue: Enqueue;
  audit: Audit;
  /** Runs actions, rules and hooks. */
  actions: Actions;
  /** An origin without a trailing slash. */
  publicUrl: string;
  /** Returns `null` if no phone provider is configured. */
  smsSender(): Promise<SmsSender | null>;
};

export type Unsent =
  | { kind: 'throttled'; retryAfterSeconds: number }
  /** Numbers like this get no codes. */
  | { kind: 'unreachable' }
  | { kind: 'failed'; problem: string };
export type StartOutcome = { kind: 'sent' } | Unsent;

type Wanted = Parameters<typeof newPasswordlessCode>[1];

/** Mails a link if the challenge has parameters for /authorize, else a code. */
export async function mailSecret(
  { db, keys, enqueue }: PasswordlessDeps,
  wanted: Wanted,
  about: {
    language: string | null;
    isNobody: boolean;
    isInvited: boolean;
    link?: Record<string, string> | undefined;
  },
): Promise<StartOutcome> {
  const { language, isNobody, isInvited, link } = about;
  await transaction(db, async (tx) => {
    // The mail derives the secret when it is rendered. A mail to an unknown address is only stored, which takes as long.
    const request = {
      ...(language !== null && { language }),
      ...(isNobody && { isNobody }),
      ...(isInvited && { isInvited }),
    };
    const to = { recipient: wanted.recipient, userId: null };
    if (link === undefined) {
      const { id: passwordlessId } = await newPasswordlessCode(tx, wanted);
      const data = { ...request, passwordlessId };
      await queueMail(tx, enqueue, [{ ...to, template: 'passwordless_code', data }], wanted.now);
    } else {
      const ask = { ...wanted, params: link, key: keys.ticket };
      const { id: passwordlessLinkId } = await newPasswordlessLink(tx, ask);
      const data = { ...request, passwordlessLinkId };
      await queueMail(tx, enqueue, [{ ...to, template: 'passwordless_link', data }], wanted.now);
    }
  });
  return { kind: 'sent' };
}

/** Sends a code as a text message. */
export async function textCode(
  { db, keys, log, audit, publicUrl }: PasswordlessDeps,
  wanted: Wanted,
  about: {
    connection: Connection;
    isNobody: boolean;
    wish: string | null;
    send(text: string): Promise<TextOutcome>;
  },
): Promise<StartOutcome> {
  const { connection, isNobody, wish, send } = about;
  // Read before the account is known: both cases then take the same time.
  const { friendlyName, supportEmail, supportUrl, enabledLocales } = await tenantSettings(db);
  const application = (await findClient(db, wanted.clientId))?.name;
  const code = await newPasswordlessCode(db, wanted);
  if (isNobody) return { kind: 'sent' };
  const rules = codeRulesOf(connection);
  const digits = passwordlessDigits(keys.ticket, code.id, rules.length);
  const facts = {
    code: digits,
    channel: 'sms' as const,
    language: languageFor(wish, enabledLocales),
    wish,
    ...(application !== undefined && { application }),
    friendlyName: friendlyName ?? new URL(publicUrl).hostname,
    supportEmail,
    supportUrl,
  };
  const own = { own: rules.text, connectionId: connection.id };
  const sending = wordText({ audit }, { occasion: 'login', facts, ...own })
    .then((text) => send(text))
    .then((outcome) => {
      if (outcome.kind !== 'sent')
        log.warn({ problem: outcome.problem }, 'a code to log in with was not sent');
      return outcome;
    });
  if (isSignupEnabled(connection)) return sending;
  // Only recipients with an account get here. Neither the duration nor the outcome may show.
  sending.catch((error: unknown) =>
    log.error({ err: error }, 'a code to log in with was not sent'),
  );
  return { kind: 'sent' };
}
