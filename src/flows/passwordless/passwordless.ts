import type { Texter } from '../../outbound/sms/sms.ts';
import { renderTemplateBounded } from '../../platform/bounded-rendering/bounded-rendering.ts';
import type { Clock } from '../../platform/clock/clock.ts';
import type { Keys } from '../../platform/crypto/crypto.ts';
import { type Db, transaction } from '../../platform/db/db.ts';
import { type Language, languageFor, wishedLocale } from '../../platform/locales/locales.ts';
import type { Log } from '../../platform/log/log.ts';
import type { Enqueue } from '../../platform/tasks/tasks.ts';
import { readTypedCode } from '../../platform/typed-code/typed-code.ts';
import { newArrival } from '../../records/arrivals/arrivals.ts';
import { type Client, findClient } from '../../records/clients/clients.ts';
import {
  allConnectionsOfClient,
  type Connection,
  codeRulesOf,
} from '../../records/connections/connections.ts';
import type { Audit } from '../../records/logs/logs.ts';
import { queueMessages } from '../../records/messages/messages.ts';
import {
  newPasswordlessCode,
  passwordlessDigits,
  usePasswordlessCode,
} from '../../records/passwordless-codes/passwordless-codes.ts';
import {
  findPasswordlessLinkBySecret,
  newPasswordlessLink,
  type PasswordlessLink,
  usePasswordlessLink,
} from '../../records/passwordless-links/passwordless-links.ts';
import { tenantSettings } from '../../records/settings/settings.ts';
import {
  addressKey,
  countAttempt,
  secondsLeft,
  throttleKey,
} from '../../records/throttles/throttles.ts';
import { findUserByIdentifier, recordLogin, type User } from '../../records/users/users.ts';
import { bareCode } from '../../steps/word-texts/word-texts.ts';
import { DELIVER_ONCE, deliverMailTask } from '../deliver-mail/deliver-mail.task.ts';
import { accountOf } from './account.ts';

export type PasswordlessDeps = {
  db: Db;
  clock: Clock;
  keys: Keys;
  log: Log;
  enqueue: Enqueue;
  audit: Audit;
  /** null: there is no way to reach phones. */
  texter(): Promise<Texter | null>;
};

export type PasswordlessInput = {
  /** Of strategy `email` or `sms`. */
  connection: Connection;
  /** An e-mail in lower case, or a phone number with its plus sign. */
  recipient: string;
  clientId: string;
  ip: string;
};

export type StartOutcome =
  | { kind: 'sent' }
  | { kind: 'throttled'; retryAfterSeconds: number }
  | { kind: 'failed'; problem: string };

export type CodeOutcome =
  | { kind: 'ok'; user: User }
  | { kind: 'wrong' }
  | { kind: 'throttled'; retryAfterSeconds: number }
  | { kind: 'blocked' };

const CODES_PER_RECIPIENT = 10;
const CODES_PER_ADDRESS = 50;
const TRIES_PER_ADDRESS = 100;
const HOUR_SECONDS = 3600;

/**
 * Sends a code, or a link, to log in with. Says nothing about whether there is an account: where people can't sign up and have none, nothing
 * is sent, and the answer is the same.
 */
export async function startPasswordless(
  deps: PasswordlessDeps,
  input: PasswordlessInput & {
    language: string | null;
    /** Where the person goes with a link: parameters of the request to /authorize. Absent: a code is sent. */
    link?: Record<string, string> | undefined;
  },
): Promise<StartOutcome> {
  const { db, clock } = deps;
  const { connection, recipient, clientId, ip } = input;
  const now = clock.now();
  for (const [key, most] of [
    [addressKey('passwordless-from', ip), CODES_PER_ADDRESS],
    [throttleKey('passwordless-to', recipient), CODES_PER_RECIPIENT],
  ] as const) {
    if ((await countAttempt(db, { key, windowSeconds: HOUR_SECONDS, now })) > most) {
      return {
        kind: 'throttled',
        retryAfterSeconds: Math.max(1, await secondsLeft(db, { key, now })),
      };
    }
  }
  const rules = codeRulesOf(connection);
  const known = await findUserByIdentifier(db, {
    connectionId: connection.id,
    identifier: recipient,
  });
  const isNobody = !known && !rules.signUp;
  const wish = input.language ?? wishedLocale(known?.userMetadata ?? null);
  const wanted = {
    connectionId: connection.id,
    recipient,
    clientId,
    ttlSeconds: rules.ttlSeconds,
    now,
  };
  return connection.strategy === 'email'
    ? mail(deps, wanted, { language: wish, isNobody, link: input.link })
    : textCode(deps, wanted, { connection, isNobody, wish });
}

type Wanted = Parameters<typeof newPasswordlessCode>[1];

async function mail(
  { db, keys, enqueue }: PasswordlessDeps,
  wanted: Wanted,
  about: { language: string | null; isNobody: boolean; link?: Record<string, string> | undefined },
): Promise<StartOutcome> {
  const { language, isNobody, link } = about;
  await transaction(db, async (tx) => {
    const made =
      link === undefined
        ? { passwordlessId: (await newPasswordlessCode(tx, wanted)).id }
        : {
            passwordlessLinkId: (
              await newPasswordlessLink(tx, { ...wanted, params: link, key: keys.ticket })
            ).id,
          };
    // The secret is derived when the mail is written. A mail to nobody is only written down: it takes as long.
    const message = {
      template: link === undefined ? 'passwordless_code' : 'passwordless_link',
      recipient: wanted.recipient,
      userId: null,
      data: {
        ...made,
        ...(language !== null && { language }),
        ...(isNobody && { isNobody }),
      },
    };
    await queueMessages(tx, [message], wanted.now);
    await enqueue(tx, deliverMailTask, {}, DELIVER_ONCE);
  });
  return { kind: 'sent' };
}

async function textCode(
  { db, keys, log, audit, texter }: PasswordlessDeps,
  wanted: Wanted,
  about: { connection: Connection; isNobody: boolean; wish: string | null },
): Promise<StartOutcome> {
  const { connection, isNobody, wish } = about;
  const phone = await texter();
  if (phone === null)
    return { kind: 'failed', problem: 'There is no provider for phone messages.' };
  // Before it shows whether there is somebody: both take as long.
  const language = languageFor(wish, (await tenantSettings(db)).enabledLocales);
  const code = await newPasswordlessCode(db, wanted);
  if (isNobody) return { kind: 'sent' };
  const rules = codeRulesOf(connection);
  const digits = passwordlessDigits(keys.ticket, code.id, rules.length);
  const sending = wordingOf(audit, connection, { digits, language })
    .then((text) => phone.send({ to: wanted.recipient, text, channel: 'sms' }))
    .then((outcome) => {
      if (outcome.kind !== 'sent')
        log.warn({ problem: outcome.problem }, 'a code to log in with was not sent');
      return outcome;
    });
  if (rules.signUp) return sending;
  // Only those who have an account get here: neither how long it takes nor how it ends is told.
  sending.catch((error: unknown) =>
    log.error({ err: error }, 'a code to log in with was not sent'),
  );
  return { kind: 'sent' };
}

/** What the text message says. A fault in the operator's text must not keep people out: the built-in one is sent. */
async function wordingOf(
  audit: Audit,
  connection: Connection,
  { digits, language }: { digits: string; language: Language },
): Promise<string> {
  const own = codeRulesOf(connection).text?.replaceAll('@@password@@', '{{ code }}');
  if (own === undefined) return bareCode(digits, language);
  const variables = { code: digits, password: digits };
  const rendered = await renderTemplateBounded('person', own, variables, 'text');
  if (rendered.kind === 'ok') return rendered.text;
  audit.record({
    type: 'fn',
    description: `The text of codes can not be rendered, the built-in one is sent: ${rendered.problem}`,
    connectionId: connection.id,
    repeats: connection.id,
  });
  return bareCode(digits, language);
}

/** Logs in who has the code. Whoever comes for the first time gets an account. */
export async function logInWithCode(
  deps: PasswordlessDeps,
  input: PasswordlessInput & { digits: string },
): Promise<CodeOutcome> {
  const { db, clock, keys, audit } = deps;
  const { connection, recipient, clientId, ip } = input;
  const digits = readTypedCode(input.digits);
  const now = clock.now();
  const tooMany = await triesTooMany(deps, ip);
  if (tooMany) return tooMany;
  const rules = codeRulesOf(connection);
  const right =
    digits.length === rules.length &&
    (await usePasswordlessCode(db, {
      connectionId: connection.id,
      recipient,
      clientId,
      digits,
      key: keys.ticket,
      now,
    }));
  const event = { connectionId: connection.id, userName: recipient, clientId, ip };
  if (!right) {
    audit.record({ ...event, type: 'fp', description: 'Wrong verification code.' });
    return { kind: 'wrong' };
  }
  const user = await accountOf(deps, connection, recipient, rules.signUp, now);
  if (user === null) return { kind: 'wrong' };
  if (user.blocked) {
    audit.record({ ...event, type: 'f', userId: user.id, description: 'user is blocked' });
    return { kind: 'blocked' };
  }
  await recordLogin(db, { userId: user.id, ip, at: now });
  return { kind: 'ok', user };
}

export type LinkView =
  | { kind: 'open'; link: PasswordlessLink; connection: Connection; client: Client }
  | { kind: 'used' | 'expired'; client: Client | null }
  | { kind: 'unknown' };

/** What a link is for, and whether it still works. Changes nothing: mail scanners open every link. */
export async function viewPasswordlessLink(
  { db, clock }: Pick<PasswordlessDeps, 'db' | 'clock'>,
  secret: string,
): Promise<LinkView> {
  const link = await findPasswordlessLinkBySecret(db, secret);
  if (link === null) return { kind: 'unknown' };
  const client = await findClient(db, link.clientId);
  if (link.usedAt !== null) return { kind: 'used', client };
  if (link.expiresAt <= clock.now()) return { kind: 'expired', client };
  const connection = (await allConnectionsOfClient(db, link.clientId)).find(
    (one) => one.id === link.connectionId && one.strategy === 'email',
  );
  return client && connection ? { kind: 'open', link, connection, client } : { kind: 'unknown' };
}

export type LinkOutcome =
  | Exclude<LinkView, { kind: 'open' }>
  | { kind: 'throttled'; retryAfterSeconds: number }
  | { kind: 'blocked'; client: Client }
  /** The secret that the browser goes on to /authorize with, and the parameters to go with. */
  | {
      kind: 'ok';
      arrival: string;
      userId: string;
      client: Client;
      params: Record<string, string>;
    };

/** Uses a link up. Whoever comes for the first time gets an account. */
export async function logInWithLink(
  deps: PasswordlessDeps,
  { secret, ip }: { secret: string; ip: string },
): Promise<LinkOutcome> {
  const { db, clock, audit } = deps;
  const now = clock.now();
  const tooMany = await triesTooMany(deps, ip);
  if (tooMany) return tooMany;
  const view = await viewPasswordlessLink(deps, secret);
  if (view.kind !== 'open') return view;
  const { connection, client } = view;
  const link = await usePasswordlessLink(db, { id: view.link.id, now });
  if (link === null) return { kind: 'used', client };
  const { recipient } = link;
  const user = await accountOf(deps, connection, recipient, codeRulesOf(connection).signUp, now);
  if (user === null) return { kind: 'unknown' };
  if (user.blocked) {
    audit.record({
      type: 'f',
      userId: user.id,
      userName: recipient,
      connectionId: connection.id,
      clientId: client.id,
      ip,
      description: 'user is blocked',
    });
    return { kind: 'blocked', client };
  }
  const arrival = await newArrival(db, { userId: user.id, clientId: client.id, now });
  return { kind: 'ok', arrival, userId: user.id, client, params: link.params };
}

async function triesTooMany(
  { db, clock }: PasswordlessDeps,
  ip: string,
): Promise<{ kind: 'throttled'; retryAfterSeconds: number } | null> {
  const now = clock.now();
  const key = addressKey('passwordless-tries-from', ip);
  const tries = await countAttempt(db, { key, windowSeconds: HOUR_SECONDS, now });
  if (tries <= TRIES_PER_ADDRESS) return null;
  return {
    kind: 'throttled',
    retryAfterSeconds: Math.max(1, await secondsLeft(db, { key, now })),
  };
}
