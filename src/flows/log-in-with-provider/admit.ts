import type { ProvidedIdentity } from '../../outbound/social/social.ts';
import { type Db, transaction } from '../../platform/db/db.ts';
import { findClient } from '../../records/clients/clients.ts';
import type { Connection } from '../../records/connections/connections.ts';
import { linkSettings } from '../../records/email-templates/email-templates.ts';
import { isMadeForLogin } from '../../records/invitations/invitations.ts';
import { holdAccounts, type User } from '../../records/users/users.ts';
import { mayCreateAccount } from '../../steps/admit-newcomer/admit-newcomer.ts';
import {
  type Adoption,
  findProvidedIdentity,
  linkedMail,
  storeProvidedIdentity,
} from '../../steps/adopt-identity/adopt-identity.ts';
import { confirmationMail } from '../../steps/ask-for-confirmation/ask-for-confirmation.ts';
import { proveAddress } from '../../steps/prove-address/prove-address.ts';
import { queueMail } from '../../steps/queue-mail/queue-mail.ts';
import { judgeProof, signInByProof } from '../../steps/sign-in-by-proof/sign-in-by-proof.ts';
import type { ProviderLoginDeps } from './deps.ts';
import { offerOwner } from './offer-owner.ts';
import { ownerOf } from './owner.ts';
import { verifyAnswer } from './take-answer.ts';

/** A login at a provider, and the login of the application for which it is. */
export type ProviderEntry = {
  /** Names the login at the provider. */
  id: string;
  /** The secret that the browser keeps for it. */
  browser: string;
  connection: Connection;
  clientId: string;
  /** The organization of the login, or `null`. */
  organizationId: string | null;
  ip: string;
  /** The secret by which this browser is known after a login. */
  place: string;
};

export type Entered =
  | { kind: 'ok'; user: User }
  | { kind: 'blocked' }
  /** The address belongs to an account. The person may prove that it is theirs. */
  | { kind: 'offered' }
  /** Nobody new may come. */
  | { kind: 'closed' }
  | { kind: 'over' | 'denied' | 'failed' | 'unavailable' };

/**
 * Logs in the person whom a provider has just proved. Only the key of the identity decides who it is. A new identity with the address of an
 * account is linked to it only after the proof of that account, or becomes an account of its own. An account that nobody has proved or used
 * needs no proof where the provider runs the mailbox.
 */
export async function enterWithProvider(
  deps: ProviderLoginDeps,
  entry: ProviderEntry,
): Promise<Entered> {
  const answered = await verifyAnswer(deps, entry);
  if (answered.kind !== 'proved') return answered;
  return enterAsProved(deps, entry, answered.identity);
}

async function enterAsProved(
  deps: ProviderLoginDeps,
  entry: ProviderEntry,
  identity: ProvidedIdentity,
): Promise<Entered> {
  const { connection } = entry;
  const known = await findProvidedIdentity(deps.db, { connection, identity });
  if (known !== null) return enterAs(deps, entry, { identity, mayCreate: false });
  const owner = await ownerOf(deps.db, { ...entry, identity });
  if (owner === null) return enterAsNewcomer(deps, entry, identity);
  if (owner.isUnproven && identity.isAuthoritative) return takeOver(deps, entry, identity, owner);
  if (await isMadeFor(deps, deps.db, { entry, identity, owner })) {
    const claimed = await claimMade(deps, entry, identity, owner);
    // Meanwhile a person has set a password there, or has come with the same identity. So this judges once more.
    return claimed.kind === 'over' ? enterAsProved(deps, entry, identity) : claimed;
  }
  await offerOwner(deps, { id: entry.id, account: owner, identity });
  return { kind: 'offered' };
}

/** Creates an account for a person who has none, if the connection is open to them. */
export async function enterAsNewcomer(
  deps: ProviderLoginDeps,
  entry: ProviderEntry,
  identity: ProvidedIdentity,
): Promise<Entered> {
  if (!(await mayComeAsNewcomer(deps, entry, identity))) {
    refuse(deps, entry, identity, 'The connection is closed to new users.');
    return { kind: 'closed' };
  }
  return enterAs(deps, entry, { identity, mayCreate: true });
}

/**
 * Returns whether a person without an account may get one. Only the word of a provider that runs the mailbox opens a closed connection for
 * an invited address: the account accepts the invitation, and another provider may know who had the mailbox before.
 */
export function mayComeAsNewcomer(
  { db, clock }: Pick<ProviderLoginDeps, 'db' | 'clock'>,
  { connection, clientId, organizationId }: ProviderEntry,
  { email, isAuthoritative }: ProvidedIdentity,
): Promise<boolean> {
  const provedEmail = isAuthoritative ? email : null;
  const newcomer = { connection, clientId, organizationId, provedEmail, now: clock.now() };
  return mayCreateAccount(db, newcomer);
}

export type Adopting = {
  identity: ProvidedIdentity;
  mayCreate: boolean;
  /** Runs first in the same transaction, and returns the user who gets the identity. `null`: nothing changes. */
  linkTo?: (tx: Db) => Promise<string | null>;
  /** Whether the user who gets the identity had the account before. A mail tells that user of it. */
  tellsOwner?: boolean;
};

/** Stores the identity and logs its user in. */
export async function enterAs(
  deps: ProviderLoginDeps,
  entry: ProviderEntry,
  { identity, mayCreate, linkTo, tellsOwner = false }: Adopting,
): Promise<Entered> {
  const { db, clock, keys } = deps;
  const { connection } = entry;
  const at = clock.now();
  const client = await findClient(db, entry.clientId);
  const link = await linkSettings(db, 'verify_email', client);
  const stored = await transaction(db, async (tx): Promise<Adoption | null> => {
    const owner = linkTo === undefined ? null : await linkTo(tx);
    if (linkTo !== undefined && owner === null) return null;
    const tokenKey = keys.encryption;
    const adopting = { connection, identity, linkTo: owner, mayCreate, tokenKey, at };
    const adopted = await storeProvidedIdentity(tx, adopting);
    if (adopted.kind !== 'stored' || !adopted.isNew) return adopted;
    if (tellsOwner) {
      const { clientId } = entry;
      const mails = linkedMail({ user: adopted.user, connection, clientId });
      await queueMail(tx, deps.enqueue, mails, at);
    }
    if (owner !== null) return adopted;
    const { id: accountId, email, emailVerified } = adopted.account;
    if (email !== null && !emailVerified) {
      const about = { ...link, clientId: entry.clientId, organizationId: entry.organizationId };
      const ticketKey = keys.ticket;
      const mail = await confirmationMail(tx, {
        accountId,
        email,
        link: about,
        ticketKey,
        now: at,
      });
      await queueMail(tx, deps.enqueue, [mail], at);
    }
    return adopted;
  });
  if (stored === null) return { kind: 'over' };
  if (stored.kind !== 'stored') {
    const why = stored.kind === 'not-created' ? stored.why : stored.kind;
    refuse(deps, entry, identity, `The account of the provider was not stored (${why}).`);
    return { kind: 'closed' };
  }
  const { user, account, isNew } = stored;
  const event = eventOf(entry, identity);
  if (isNew) {
    const linked = { type: 'sapi', description: `Linked ${account.id} to the user.` };
    deps.audit.record({ ...event, userId: user.id, ...(linkTo ? linked : { type: 'ss' }) });
  }
  const login = { ...event, user, userName: identity.email ?? user.email };
  const judged = judgeProof(deps, login);
  return judged.kind === 'ok' ? signInByProof(deps, { ...login, browser: entry.place }) : judged;
}

/**
 * The owner of an address comes, and the account with it is a sign-up that nobody has proved. The provider vouches for the mailbox, so the
 * account is the owner's, without anything that a stranger may have planted.
 */
function takeOver(
  deps: ProviderLoginDeps,
  entry: ProviderEntry,
  identity: ProvidedIdentity,
  account: User,
): Promise<Entered> {
  const { email } = identity;
  const proof = { accountId: account.id, email, isMaker: false, at: deps.clock.now() };
  return enterAs(deps, entry, {
    identity,
    mayCreate: false,
    async linkTo(tx) {
      const proved = await proveAddress(tx, proof);
      // Another person may have proved the account meanwhile.
      return proved.kind === 'proved' && proved.isEmptied ? proved.person.id : null;
    },
  });
}

/**
 * Returns whether an open invitation has made the account for the person who comes, and nothing else ever happened to it. Only the word of a
 * provider that runs the mailbox counts, because the login that follows accepts the invitation.
 */
async function isMadeFor(
  { clock }: Pick<ProviderLoginDeps, 'clock'>,
  db: Db,
  about: { entry: ProviderEntry; identity: ProvidedIdentity; owner: User },
): Promise<boolean> {
  const { entry, identity, owner } = about;
  const { email, isAuthoritative } = identity;
  if (email === null || !isAuthoritative) return false;
  const { connection, clientId } = entry;
  const login = { email, connectionId: connection.id, clientId, now: clock.now() };
  return isMadeForLogin(db, { userId: owner.id, login });
}

/**
 * The invited person comes without the link, and the account with the address is only the one that the invitation has made. There is nothing
 * to ask: the person has never had it, and has proved the mailbox.
 */
function claimMade(
  deps: ProviderLoginDeps,
  entry: ProviderEntry,
  identity: ProvidedIdentity,
  owner: User,
): Promise<Entered> {
  const proof = {
    accountId: owner.id,
    email: identity.email,
    isMaker: false,
    at: deps.clock.now(),
  };
  return enterAs(deps, entry, {
    identity,
    mayCreate: false,
    async linkTo(tx) {
      await holdAccounts(tx, [owner.id]);
      if (!(await isMadeFor(deps, tx, { entry, identity, owner }))) return null;
      const proved = await proveAddress(tx, proof);
      return proved.kind === 'proved' ? proved.person.id : null;
    },
  });
}

function refuse(
  { audit }: ProviderLoginDeps,
  entry: ProviderEntry,
  identity: ProvidedIdentity,
  description: string,
): void {
  audit.record({ ...eventOf(entry, identity), type: 'fs', description });
}

function eventOf({ connection, clientId, ip }: ProviderEntry, { email }: ProvidedIdentity) {
  return { connectionId: connection.id, userName: email, clientId, ip };
}
