import { identityFrom, type ProvidedIdentity } from '../../outbound/social/social.ts';
import { momentAfter } from '../../platform/clock/clock.ts';
import { sameBytes } from '../../platform/crypto/crypto.ts';
import { transaction } from '../../platform/db/db.ts';
import { newId } from '../../platform/ids/ids.ts';
import { readTypedCode } from '../../platform/typed-code/typed-code.ts';
import { type Connection, findConnection } from '../../records/connections/connections.ts';
import { codeOf } from '../../records/factor-challenges/factor-challenges.ts';
import {
  findOffer,
  noteOfferCode,
  PROVIDER_LOGIN_SECONDS,
  settleOffer,
  tryOfferCode,
} from '../../records/provider-logins/provider-logins.ts';
import { countSent } from '../../records/throttles/throttles.ts';
import { findAccount, type User } from '../../records/users/users.ts';
import { addressBucket, countGuess } from '../../steps/limit-guesses/limit-guesses.ts';
import { proveAddress } from '../../steps/prove-address/prove-address.ts';
import { queueMail } from '../../steps/queue-mail/queue-mail.ts';
import {
  type Entered,
  enterAs,
  enterAsNewcomer,
  mayComeAsNewcomer,
  type ProviderEntry,
} from './admit.ts';
import type { ProviderLoginDeps } from './deps.ts';
import { type OwnerProofs, proofsOf } from './owner.ts';

const GUESSED = 'link-code';
const CODES_PER_ACCOUNT = 10;
const HOUR_SECONDS = 3600;

/** A proved identity whose address an account has. */
export type OfferView = {
  identity: ProvidedIdentity;
  account: User;
  /** The account's connection. */
  connection: Connection;
  proofs: OwnerProofs;
  /** Whether a code was mailed. */
  isCodeSent: boolean;
  /** Whether the identity may become an account of its own. */
  mayBeSeparate: boolean;
};

/** Returns what waits in this browser, or `null`. Changes nothing. */
export async function viewOffer(
  deps: ProviderLoginDeps,
  entry: ProviderEntry,
): Promise<OfferView | null> {
  const { db, clock, keys } = deps;
  const offer = await findOffer(db, keys.encryption, { ...entry, now: clock.now() });
  const account = offer && (await findAccount(db, offer.accountId));
  const connection = account && (await findConnection(db, account.connectionId));
  if (!offer || !account || !connection) return null;
  const identity = identityFrom(offer.identity);
  // The account may have another address since.
  if (account.email !== identity.email) return null;
  return {
    identity,
    account,
    connection,
    proofs: await proofsOf(db, connection, account),
    isCodeSent: offer.codeId !== null,
    mayBeSeparate: await mayComeAsNewcomer(deps, entry, identity),
  };
}

export type CodeSending =
  | { kind: 'sent' | 'over' }
  | { kind: 'throttled'; retryAfterSeconds: number };

/** Mails a code to the address of the account. */
export async function mailOfferCode(
  deps: ProviderLoginDeps,
  entry: ProviderEntry,
): Promise<CodeSending> {
  const { db, clock, enqueue } = deps;
  const view = await viewOffer(deps, entry);
  const email = view?.account.email;
  if (!view?.proofs.code || !email) return { kind: 'over' };
  const now = clock.now();
  const retryAfterSeconds = await countSent(db, {
    what: 'link-code-to',
    guessed: GUESSED,
    whom: { accountId: view.account.id },
    origin: { ip: entry.ip, browser: entry.place },
    most: CODES_PER_ACCOUNT,
    windowSeconds: HOUR_SECONDS,
    now,
  });
  if (retryAfterSeconds > 0) return { kind: 'throttled', retryAfterSeconds };
  const codeId = newId('lnk');
  const challengeEnds = momentAfter(now, PROVIDER_LOGIN_SECONDS).toISOString();
  const isNoted = await transaction(db, async (tx) => {
    if (!(await noteOfferCode(tx, { ...entry, codeId, now }))) return false;
    const userId = view.account.linkedTo ?? view.account.id;
    const data = { challengeId: codeId, challengeEnds, clientId: entry.clientId };
    const mail = { template: 'mfa_oob_code' as const, recipient: email, userId, data };
    await queueMail(tx, enqueue, [mail], now);
    return true;
  });
  return { kind: isNoted ? 'sent' : 'over' };
}

export type Linked = Entered | { kind: 'wrong' } | { kind: 'throttled'; retryAfterSeconds: number };

/** Links the identity to the account whose address received the code, and logs its user in. */
export async function linkWithCode(
  deps: ProviderLoginDeps,
  entry: ProviderEntry,
  digits: string,
): Promise<Linked> {
  const { db, clock, keys } = deps;
  const view = await viewOffer(deps, entry);
  if (!view?.proofs.code) return { kind: 'over' };
  const { account, identity } = view;
  const now = clock.now();
  const counted = await countGuess(db, {
    what: GUESSED,
    whom: { accountId: account.id },
    origin: { ip: entry.ip, browser: entry.place },
    bucket: await addressBucket(db, entry.ip),
    now,
  });
  if (counted.kind === 'refused') {
    return { kind: 'throttled', retryAfterSeconds: counted.retryAfterSeconds };
  }
  const tried = await tryOfferCode(db, { ...entry, now });
  const expected = tried && codeOf(keys.ticket, tried.codeId);
  const isRight = expected && sameBytes(Buffer.from(expected), Buffer.from(readTypedCode(digits)));
  if (!isRight) return { kind: 'wrong' };
  await counted.forgive();
  return enterAs(deps, entry, {
    identity,
    mayCreate: false,
    tellsOwner: true,
    async linkTo(tx) {
      if ((await settleOffer(tx, keys.encryption, { ...entry, now })) === null) return null;
      const { id: accountId, email } = account;
      const proved = await proveAddress(tx, { accountId, email, isMaker: false, at: now });
      return proved.kind === 'proved' ? proved.person.id : null;
    },
  });
}

/**
 * Links the identity to the account whose user has just logged in with a password, and logs the user in.
 * @param userId the user whose password was right
 */
export async function linkWithPassword(
  deps: ProviderLoginDeps,
  entry: ProviderEntry,
  userId: string,
): Promise<Linked> {
  const { clock, keys } = deps;
  const view = await viewOffer(deps, entry);
  if (!view?.proofs.password) return { kind: 'over' };
  const { account, identity } = view;
  if ((account.linkedTo ?? account.id) !== userId) return { kind: 'over' };
  return enterAs(deps, entry, {
    identity,
    mayCreate: false,
    tellsOwner: true,
    async linkTo(tx) {
      const offer = await settleOffer(tx, keys.encryption, { ...entry, now: clock.now() });
      return offer === null ? null : userId;
    },
  });
}

/** Creates an account of its own for the identity, as the person has chosen. */
export async function keepSeparate(deps: ProviderLoginDeps, entry: ProviderEntry): Promise<Linked> {
  const { db, clock, keys } = deps;
  const view = await viewOffer(deps, entry);
  if (!view?.mayBeSeparate) return { kind: 'over' };
  const offer = await settleOffer(db, keys.encryption, { ...entry, now: clock.now() });
  return offer === null ? { kind: 'over' } : enterAsNewcomer(deps, entry, view.identity);
}
