import type { Clock } from '../../platform/clock/clock.ts';
import { type Db, transaction } from '../../platform/db/db.ts';
import { Refusal } from '../../platform/refusal/refusal.ts';
import { findConnection } from '../../records/connections/connections.ts';
import {
  deleteIdentityTokens,
  keepIdentityTokens,
  restoreIdentityTokens,
} from '../../records/identity-tokens/identity-tokens.ts';
import { endSessionsOf } from '../../records/oidc-payloads/oidc-payloads.ts';
import { keepPasswords, restorePasswords } from '../../records/passwords/passwords.ts';
import {
  insertProvided,
  providedAmong,
} from '../../records/provided-identities/provided-identities.ts';
import {
  findAccount,
  type LinkOutcome,
  linkNewIdentity,
  linkUser,
  unlinkIdentity,
} from '../../records/users/users.ts';
import { refuseProtected } from '../../steps/refuse-protected/refuse-protected.ts';

export type IdentityDeps = { db: Db; clock: Clock };

/**
 * Makes a user an identity of another user. It then logs in as that user, with its own email address and password. Its own sessions,
 * invitations, roles and metadata are deleted. An identity of an external provider need not exist yet.
 * @param input.identityId `<provider>|<id at the provider>`
 * @throws Refusal with Auth0's messages
 */
export async function linkIdentity(
  deps: IdentityDeps,
  input: { userId: string; identityId: string; connectionId: string | null },
): Promise<void> {
  const { userId, identityId, connectionId } = input;
  refuseProtected({ userIds: [userId, identityId], connectionId });
  if (identityId === userId) {
    throw new Refusal('invalid_body', 'Main identity and the new one are the same.');
  }
  const provider = identityId.slice(0, identityId.indexOf('|'));
  const identity = await findAccount(deps.db, identityId);
  const wanted = connectionId ?? identity?.connectionId ?? null;
  if (wanted === null) {
    throw new Refusal('invalid_body', 'Linking to an inexistent identity requires a connection.');
  }
  const connection = await findConnection(deps.db, wanted);
  if (connection?.strategy !== provider || (identity && identity.connectionId !== wanted)) {
    throw new Refusal('invalid_body', 'The provider/connection is not configured.');
  }
  const now = deps.clock.now();
  // Users of our own databases are created with an email address and a password, never by linking.
  if (identity === null && provider === 'auth0') throw missing();
  const outcome = await transaction(deps.db, (tx) => {
    if (identity !== null) return linkExisting(tx, { userId, identityId, now });
    const localId = identityId.slice(provider.length + 1);
    return linkNewIdentity(tx, {
      userId,
      identity: { provider, localId, connectionId: wanted, now },
    });
  });
  if (outcome.kind === 'taken') throw new Refusal('conflict', 'Specified identity already exists.');
  if (outcome.kind !== 'linked') throw missing();
}

async function linkExisting(
  tx: Db,
  link: { userId: string; identityId: string; now: Date },
): Promise<LinkOutcome> {
  const { identityId, now } = link;
  const passwords = await keepPasswords(tx, identityId);
  const provided = (await providedAmong(tx, [identityId])).get(identityId);
  const tokens = await keepIdentityTokens(tx, identityId);
  const outcome = await linkUser(tx, link);
  if (outcome.kind !== 'linked') return outcome;
  await restorePasswords(tx, identityId, passwords);
  if (provided && !(await insertProvided(tx, provided, now))) {
    throw new Error('The key of a linked identity is taken.');
  }
  await restoreIdentityTokens(tx, tokens);
  await endSessionsOf(tx, link.identityId);
  return outcome;
}

/**
 * Makes a linked identity a user of its own again, with its profile, without metadata and without tokens of its provider.
 * @throws Refusal for the main identity, and for an identity that is not linked to this user
 */
export async function separateIdentity(
  deps: IdentityDeps,
  input: { userId: string; identityId: string },
): Promise<void> {
  refuseProtected({ userIds: [input.userId, input.identityId] });
  if (input.identityId === input.userId) {
    throw new Refusal('invalid_body', 'Main identity cannot be removed.');
  }
  const now = deps.clock.now();
  const isUnlinked = await transaction(deps.db, async (tx) => {
    if (!(await unlinkIdentity(tx, { ...input, now }))) return false;
    await deleteIdentityTokens(tx, input.identityId);
    return true;
  });
  if (!isUnlinked) throw missing();
}

function missing(): Refusal {
  return new Refusal('user_not_found', 'The user does not exist.');
}
