import { preferredLocale } from '../../platform/locales/locales.ts';
import { type Client, findClient } from '../../records/clients/clients.ts';
import {
  type Connection,
  codeRulesOf,
  connectionsOfClient,
} from '../../records/connections/connections.ts';
import {
  findPasswordlessLinkBySecret,
  type PasswordlessLink,
  usePasswordlessLink,
} from '../../records/passwordless-links/passwordless-links.ts';
import {
  addressKey,
  countAttempt,
  countSent,
  GUESS_COUNTERS,
  secondsLeft,
} from '../../records/throttles/throttles.ts';
import { findUserByIdentifier, type User } from '../../records/users/users.ts';
import { mayCreateAccount, type Newcomer } from '../../steps/admit-newcomer/admit-newcomer.ts';
import { countTrace } from '../../steps/limit-traces/limit-traces.ts';
import { prepareText, type TextPrepared } from '../../steps/send-text/send-text.ts';
import {
  handOverLogin,
  judgeProof,
  signInByProof,
} from '../../steps/sign-in-by-proof/sign-in-by-proof.ts';
import { accountOf } from './account.ts';
import {
  askedFrom,
  NO_CLIENT,
  type PasswordlessInput,
  type ProvedCode,
  proveCode,
} from './prove-code.ts';
import {
  mailSecret,
  type PasswordlessDeps,
  type StartOutcome,
  textCode,
  type Unsent,
} from './send-secret.ts';

export { askedFrom, proveCode } from './prove-code.ts';
export { recipientOf } from './recipient.ts';
export type { PasswordlessDeps, StartOutcome } from './send-secret.ts';

export type CodeOutcome =
  | { kind: 'ok'; user: User }
  | Exclude<ProvedCode, { kind: 'proved' }>
  | { kind: 'blocked' };

const MAILS_PER_RECIPIENT = 10;
const MAILS_PER_ADDRESS = 50;
const HOUR_SECONDS = 3600;

/**
 * Sends a code or a link to log in with. The answer never says whether an account exists. If sign-up is off and no account exists, nothing
 * is sent, and the answer is the same.
 */
export async function startPasswordless(
  deps: PasswordlessDeps,
  input: PasswordlessInput & {
    language: string | null;
    /** Sends a link with these parameters for /authorize. Absent: sends a code. */
    link?: Record<string, string> | undefined;
    /** Whether the link of an open invitation asks for its own address. That opens a closed connection. */
    isInvited?: boolean;
  },
): Promise<StartOutcome> {
  const { db, clock } = deps;
  const { connection, recipient, clientId, ip } = input;
  const now = clock.now();
  const seconds = await countTrace(db, { kind: 'PasswordlessStart', ip, now });
  if (seconds > 0) return { kind: 'throttled', retryAfterSeconds: seconds };
  // Before the account is known, so that no limit tells whether there is one.
  const prepared = await prepare(deps, input, now);
  if (prepared.kind !== 'ready') return prepared;
  const rules = codeRulesOf(connection);
  // Asked for everybody: known and unknown people then wait for as long.
  const isAdmitted = await mayCreateAccount(db, newcomerOf(input, now));
  const known = await findUserByIdentifier(db, {
    connectionId: connection.id,
    identifier: recipient,
  });
  const isNobody = !known && !isAdmitted && input.isInvited !== true;
  const wish = input.language ?? preferredLocale(known?.userMetadata ?? null);
  const wanted = {
    connectionId: connection.id,
    recipient,
    clientId: clientId ?? NO_CLIENT,
    askedFrom: askedFrom(ip),
    ttlSeconds: rules.ttlSeconds,
    now,
  };
  const { link, isInvited = false } = input;
  return prepared.send === null
    ? mailSecret(deps, wanted, { language: wish, isNobody, isInvited, link })
    : textCode(deps, wanted, { connection, isNobody, wish, send: prepared.send });
}

function newcomerOf(
  input: Pick<PasswordlessInput, 'connection' | 'clientId' | 'organizationId' | 'recipient'>,
  now: Date,
): Newcomer {
  const { connection, clientId, organizationId, recipient } = input;
  const provedEmail = connection.strategy === 'email' ? recipient : null;
  return { connection, clientId, organizationId, provedEmail, now };
}

/** Counts the request. Returns the function that sends a text, or `null` for a mail, which the outbox sends. */
async function prepare(
  deps: PasswordlessDeps,
  { connection, recipient, clientId, ip }: PasswordlessInput,
  now: Date,
): Promise<Extract<TextPrepared, { kind: 'ready' }> | { kind: 'ready'; send: null } | Unsent> {
  const { db } = deps;
  const whom = { connectionId: connection.id, identifier: recipient };
  const origin = { ip, browser: null };
  const known = { whom, guessed: GUESS_COUNTERS.code, origin };
  if (connection.strategy === 'sms') {
    const event = { connectionId: connection.id, userName: recipient, clientId, ip };
    return prepareText(deps, { ...known, to: recipient, isProven: false, channel: 'sms', event });
  }
  const key = addressKey('passwordless-from', ip);
  if ((await countAttempt(db, { key, windowSeconds: HOUR_SECONDS, now })) > MAILS_PER_ADDRESS) {
    const retryAfterSeconds = Math.max(1, await secondsLeft(db, { key, now }));
    return { kind: 'throttled', retryAfterSeconds };
  }
  const seconds = await countSent(db, {
    ...known,
    what: 'passwordless-to',
    most: MAILS_PER_RECIPIENT,
    windowSeconds: HOUR_SECONDS,
    now,
  });
  return seconds > 0
    ? { kind: 'throttled', retryAfterSeconds: seconds }
    : { kind: 'ready', send: null };
}

/**
 * Logs in with a code. A new user gets an account.
 * @param input.browser the secret that the browser keeps. Absent if the caller is no browser.
 */
export async function logInWithCode(
  deps: PasswordlessDeps,
  input: PasswordlessInput & { digits: string; browser?: string },
): Promise<CodeOutcome> {
  const { connection, recipient, clientId, ip } = input;
  const proved = await proveCode(deps, input);
  if (proved.kind !== 'proved') return proved;
  const now = deps.clock.now();
  const user = await accountOf(deps, newcomerOf(input, now), recipient);
  if (user === null) return { kind: 'wrong' };
  const login = { user, connectionId: connection.id, userName: recipient, clientId, ip };
  return signInByProof(deps, { ...login, browser: input.browser ?? null });
}

export type LinkView =
  | { kind: 'open'; link: PasswordlessLink; connection: Connection; client: Client }
  | { kind: 'used' | 'expired'; client: Client | null }
  | { kind: 'unknown' };

/** Returns what a link is for, and whether it still works. Changes nothing: mail scanners open every link. */
export async function viewPasswordlessLink(
  { db, clock }: Pick<PasswordlessDeps, 'db' | 'clock'>,
  secret: string,
): Promise<LinkView> {
  const link = await findPasswordlessLinkBySecret(db, secret);
  if (link === null) return { kind: 'unknown' };
  const client = await findClient(db, link.clientId);
  if (link.usedAt !== null) return { kind: 'used', client };
  if (link.expiresAt <= clock.now()) return { kind: 'expired', client };
  const connection = (await connectionsOfClient(db, link.clientId)).find(
    (candidate) => candidate.id === link.connectionId && candidate.strategy === 'email',
  );
  return client && connection ? { kind: 'open', link, connection, client } : { kind: 'unknown' };
}

export type LinkOutcome =
  | Exclude<LinkView, { kind: 'open' }>
  | { kind: 'blocked'; client: Client }
  /** The secret with which the browser continues at /authorize, and the parameters of that request. */
  | {
      kind: 'ok';
      handoff: string;
      userId: string;
      client: Client;
      params: Record<string, string>;
    };

/** Consumes a link and logs in. A new user gets an account. */
export async function logInWithLink(
  deps: PasswordlessDeps,
  { secret, ip }: { secret: string; ip: string },
): Promise<LinkOutcome> {
  const { db, clock } = deps;
  const now = clock.now();
  const view = await viewPasswordlessLink(deps, secret);
  if (view.kind !== 'open') return view;
  const { connection, client } = view;
  const link = await usePasswordlessLink(db, { id: view.link.id, now });
  if (link === null) return { kind: 'used', client };
  const { recipient } = link;
  const login = { connection, clientId: client.id, organizationId: null, recipient };
  const user = await accountOf(deps, newcomerOf(login, now), recipient);
  if (user === null) return { kind: 'unknown' };
  const clientId = client.id;
  const proof = { user, connectionId: connection.id, userName: recipient, clientId, ip };
  const judged = judgeProof(deps, proof);
  const amr = ['otp'];
  const handoff =
    judged.kind === 'ok' ? await handOverLogin(db, { user, clientId, amr, at: now }) : null;
  if (handoff === null) return { kind: 'blocked', client };
  return { kind: 'ok', handoff, userId: user.id, client, params: link.params };
}
