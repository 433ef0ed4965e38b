import type { LegacyProfile } from '../../outbound/legacy-directory/legacy-directory.ts';
import type { Keys } from '../../platform/crypto/crypto.ts';
import { type Db, transaction } from '../../platform/db/db.ts';
import type { Enqueue } from '../../platform/tasks/tasks.ts';
import { findClient } from '../../records/clients/clients.ts';
import type { Connection } from '../../records/connections/connections.ts';
import { linkSettings } from '../../records/email-templates/email-templates.ts';
import { isPartial } from '../../records/migrated-users/migrated-users.ts';
import { type Account, findAccount, type User } from '../../records/users/users.ts';
import type { DirectoryDeps } from '../../steps/ask-directory/ask-directory.ts';
import { confirmationMail } from '../../steps/ask-for-confirmation/ask-for-confirmation.ts';
import {
  completeMigration,
  type MigratedUser,
  migrateUser,
  refreshShadow,
} from '../../steps/migrate-user/migrate-user.ts';
import { queueMail } from '../../steps/queue-mail/queue-mail.ts';
import type { SignInDeps } from '../../steps/sign-in-by-proof/sign-in-by-proof.ts';

export type LogInDeps = SignInDeps & DirectoryDeps & { keys: Keys; enqueue: Enqueue };

type Confirmed = {
  connection: Connection;
  profile: LegacyProfile;
  clientId: string | null;
};

export type Migrated =
  | { kind: 'stored'; account: Account; isNew: boolean }
  /** It is here already, with a password of its own. */
  | { kind: 'exists'; account: Account }
  | { kind: 'refused'; problem: string };

/**
 * Takes over a user whose password the legacy directory has just confirmed, in one transaction: the user with its metadata and factors, the
 * password, the mark, and the mail that verifies the address if the directory does not say whether it is verified.
 */
export async function migrate(
  deps: LogInDeps,
  input: Confirmed & { phc: string },
): Promise<Migrated> {
  const { db, clock, keys, enqueue } = deps;
  const { connection, profile, clientId, phc } = input;
  const asksForProof = profile.emailVerified === null && profile.email !== null;
  const client = asksForProof && clientId !== null ? await findClient(db, clientId) : null;
  const link = asksForProof ? await linkSettings(db, 'verify_email', client) : null;
  const at = clock.now();
  const key = keys.encryption;
  const stored = await transaction(db, async (tx): Promise<MigratedUser> => {
    const made = await migrateUser(tx, { connection, profile, way: 'login', phc, key, at });
    if (made.kind === 'exists' && (await isPartial(tx, made.account.id))) {
      const isWhole = await completeMigration(tx, { account: made.account, phc, at });
      return isWhole ? { kind: 'created', user: made.account } : made;
    }
    if (made.kind === 'created' && made.user.email !== null && link !== null) {
      const { id: accountId, email } = made.user;
      const about = { accountId, email, link: { ...link, clientId }, ticketKey: keys.ticket };
      await queueMail(tx, enqueue, [await confirmationMail(tx, { ...about, now: at })], at);
    }
    return made;
  });
  if (stored.kind === 'refused') return stored;
  const user = stored.kind === 'created' ? stored.user : stored.account;
  const account = await accountOf(db, user);
  if (account === null) return { kind: 'refused', problem: 'The user was deleted.' };
  if (stored.kind === 'exists') return { kind: 'exists', account };
  return { kind: 'stored', account, isNew: true };
}

/** Stores what the directory says about a user who stays there. */
export async function follow(deps: LogInDeps, input: Confirmed): Promise<Migrated> {
  const { db, clock, keys, audit } = deps;
  const { connection, profile, clientId } = input;
  const shadow = await transaction(db, (tx) =>
    refreshShadow(tx, { connection, profile, key: keys.encryption, at: clock.now() }),
  );
  if (shadow.kind === 'refused') return shadow;
  const account = await accountOf(db, shadow.account);
  if (account === null) return { kind: 'refused', problem: 'The user was deleted.' };
  if (shadow.problem !== null) {
    const { id: userId } = account.user;
    const { id: connectionId } = connection;
    audit.record({ type: 'w', userId, connectionId, clientId, description: shadow.problem });
  }
  return { kind: 'stored', account, isNew: shadow.isNew };
}

/** Reads the account, so that this login depends on its login epoch. */
async function accountOf(db: Db, { id }: User): Promise<Account | null> {
  const own = await findAccount(db, id);
  if (own === null) return null;
  if (own.linkedTo === null) return { id, user: own, awaitsProof: false };
  const user = await findAccount(db, own.linkedTo);
  if (user === null) return null;
  return {
    id,
    user: own.blocked === true ? { ...user, blocked: true } : user,
    awaitsProof: false,
  };
}
