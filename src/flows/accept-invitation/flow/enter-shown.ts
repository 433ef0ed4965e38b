import type { ProvidedIdentity } from '../../../outbound/social/social.ts';
import { type Clock, momentAfter } from '../../../platform/clock/clock.ts';
import type { VerifiedPasskey } from '../../../records/authentication-methods/authentication-methods.ts';
import type { Connection } from '../../../records/connections/connections.ts';
import { loginEpoch } from '../../../records/oidc-payloads/oidc-payloads.ts';
import { findAccountByEmail } from '../../../records/users/users.ts';
import { findProvidedIdentity } from '../../../steps/adopt-identity/adopt-identity.ts';
import { takesShownIdentity } from '../by-proof/by-proof.ts';
import { mayAccept } from '../may-accept.ts';
import { type FlowStepped, stepFlow } from './change-flow.ts';
import type { FlowDeps, OpenView } from './flow-view.ts';
import { sealIdentity, sealPasskey } from './flow-ways.ts';

/** What a flow has shown counts this long for its completion. */
const PROOF_SECONDS = 3600;

/**
 * Notes that the person has logged in with the password of the invited account. It counts when the flow completes, within an hour.
 * @param input.userId the user who has just logged in
 */
export function enterExisting(
  deps: FlowDeps,
  input: { secret: string; userId: string },
): Promise<FlowStepped> {
  const { secret, userId } = input;
  return stepFlow<never>(deps, { secret, action: 'existing' }, async ({ view }) => {
    if (view.user?.id !== userId) throw new Error('Another user has logged in to a flow.');
    const epoch = await loginEpoch.ofThisRequest(deps.db, userId);
    const credential = { kind: 'existing' as const, userId, epoch, endsAt: endOfProof(deps) };
    return { kind: 'go-on', change: { credential } };
  });
}

/**
 * Notes that the person has logged in with the passkey of an account that exists. It counts when the flow completes, within an hour.
 * @param input.userId the user who has just logged in
 * @param input.amr the methods that the passkey shows (RFC 8176)
 */
export function enterExistingPasskey(
  deps: FlowDeps,
  input: { secret: string; userId: string; amr: string[] },
): Promise<FlowStepped<'wrong-account'>> {
  const { secret, userId, amr } = input;
  const step = { secret, action: 'existing-passkey' } as const;
  return stepFlow<'wrong-account'>(deps, step, async ({ view }) => {
    const credential = await shownAccount(deps, { view, userId, amr });
    return credential === null
      ? { kind: 'refused', why: 'wrong-account' }
      : { kind: 'go-on', change: { credential: { kind: 'existing-passkey', ...credential } } };
  });
}

/**
 * Notes that the person has logged in with an account that exists, on a hosted page: the invited one, or another that the invitation takes.
 * It counts when the flow completes, within an hour.
 * @param input.amr the methods of that login (RFC 8176)
 */
export function enterAccount(
  deps: FlowDeps,
  input: { secret: string; userId: string; amr: string[] },
): Promise<FlowStepped<'wrong-account'>> {
  const { secret, userId, amr } = input;
  return stepFlow<'wrong-account'>(deps, { secret, action: null }, async ({ view }) => {
    const credential = await shownAccount(deps, { view, userId, amr });
    return credential === null
      ? { kind: 'refused', why: 'wrong-account' }
      : { kind: 'go-on', change: { credential: { kind: 'account', ...credential } } };
  });
}

/** Returns what a flow keeps of a login with an account, or `null` if the invitation does not take it. */
async function shownAccount(
  deps: FlowDeps,
  { view, userId, amr }: { view: OpenView; userId: string; amr: string[] },
) {
  if ((await mayAccept(deps.db, view, userId)) === null) return null;
  const epoch = await loginEpoch.ofThisRequest(deps.db, userId);
  return { userId, epoch, amr, endsAt: endOfProof(deps) };
}

/** Why an identity does not count. */
export type RefusedIdentity = 'wrong-account' | 'blocked';

/**
 * Notes an identity that a provider has just proved to this browser. It counts when the flow completes, within an hour.
 * @param input.connection one of the flow's providers
 */
export function enterIdentity(
  deps: FlowDeps,
  input: { secret: string; connection: Connection; identity: ProvidedIdentity },
): Promise<FlowStepped<RefusedIdentity>> {
  const { secret, connection, identity } = input;
  const { db, keys } = deps;
  return stepFlow<RefusedIdentity>(deps, { secret, action: 'connection' }, async ({ view }) => {
    const known = await findProvidedIdentity(db, { connection, identity });
    if (known?.user.blocked) return { kind: 'refused', why: 'blocked' };
    const address = identity.emailVerified ? identity.email : null;
    const isTaken = await takesShownIdentity(db, view, { known, address });
    if (!isTaken) return { kind: 'refused', why: 'wrong-account' };
    const userId = known?.user.id ?? null;
    const credential = {
      kind: 'connection' as const,
      connectionId: connection.id,
      sealed: sealIdentity(keys, identity),
      userId,
      epoch: userId === null ? null : await loginEpoch.ofThisRequest(db, userId),
      endsAt: endOfProof(deps),
    };
    return { kind: 'go-on', change: { credential } };
  });
}

/** Notes a passkey that was just registered. It is stored when the flow completes. */
export function enterPasskey(
  deps: FlowDeps,
  input: { secret: string; passkey: VerifiedPasskey },
): Promise<FlowStepped> {
  const { secret, passkey } = input;
  return stepFlow<never>(deps, { secret, action: 'passkey' }, async () => {
    const credential = { kind: 'passkey' as const, sealed: sealPasskey(deps.keys, passkey) };
    return { kind: 'go-on', change: { credential } };
  });
}

/** Notes that a code, mailed to the invited address by this connection, was used up. It counts when the flow completes, within an hour. */
export function enterCode(
  deps: FlowDeps,
  input: { secret: string; connection: Connection },
): Promise<FlowStepped> {
  const { secret, connection } = input;
  const { db } = deps;
  return stepFlow<never>(deps, { secret, action: 'code' }, async ({ view }) => {
    const { email } = view.invitation;
    const account = await findAccountByEmail(db, { connectionId: connection.id, email });
    const credential = {
      kind: 'code' as const,
      connectionId: connection.id,
      userId: account && (account.linkedTo ?? account.id),
      endsAt: endOfProof(deps),
    };
    return { kind: 'go-on', change: { credential } };
  });
}

function endOfProof({ clock }: { clock: Clock }): string {
  return momentAfter(clock.now(), PROOF_SECONDS).toISOString();
}
