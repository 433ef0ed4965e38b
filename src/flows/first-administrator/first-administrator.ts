import type { Clock } from '../../platform/clock/clock.ts';
import { type Db, transaction } from '../../platform/db/db.ts';
import { canonicalEmail } from '../../platform/email-address/email-address.ts';
import { ensureDefaultConnection } from '../../records/connections/connections.ts';
import {
  findInvitation,
  type Invitation,
  insertCampaign,
  insertInvitations,
  invitationSecret,
  invitationUrl,
  reopenInvitation,
  revokeInvitation,
} from '../../records/invitations/invitations.ts';
import { cancelMessages } from '../../records/messages/messages.ts';
import { addSetting, readSetting, writeSetting } from '../../records/settings/settings.ts';
import { findUserByEmail, insertUser, type User } from '../../records/users/users.ts';
import { CLIENT_ID, ensureConsoleClient } from './console-client.ts';

export type FirstAdministratorDeps = {
  db: Db;
  clock: Clock;
  ticketKey: Buffer;
  /** Without a trailing slash. */
  publicUrl: string;
};

/** What is shown to whoever started the server. The link is derived anew each time and stored nowhere. */
export type OpenLink = { email: string; link: string; expiresAt: Date };

/** The application that the console signs people in as. */
export const CONSOLE_CLIENT_ID = CLIENT_ID;

const KEY = 'first_administrator';
type Kept = { invitationId: string };

/** It ends up in terminals and logs; each later start renews it. */
const TTL_SEC = 24 * 3600;
const MAX_TURNS = 8;

/** Who may use the console: an app_metadata that only administrators, and programs they trust, can write. */
export function isAdministrator(user: User): boolean {
  const usher = user.appMetadata?.usher;
  return (
    user.blocked !== true &&
    typeof usher === 'object' &&
    usher !== null &&
    'administrator' in usher &&
    usher.administrator === true
  );
}

/**
 * Invites the first administrator to the console, once for all nodes, and gives the link as long as it is unused: the same one
 * until it expires, then a new one. Another address than the one invited before takes the invitation over.
 * @param input.email default: administrator@ this server's host
 * @returns null when somebody has accepted, or an operator has taken the invitation back
 */
export async function inviteFirstAdministrator(
  deps: FirstAdministratorDeps,
  input: { email: string | undefined },
): Promise<OpenLink | null> {
  const { db, clock, publicUrl, ticketKey } = deps;
  const wanted = input.email ?? `administrator@${new URL(publicUrl).hostname}`;
  // A server that is reached by an IP address has no domain for mails; nobody mails this one.
  const email = canonicalEmail(wanted) ?? wanted;
  const connection = await ensureDefaultConnection(db, clock.now());
  const connectionId = connection.id;
  await ensureConsoleClient(db, { publicUrl, connectionId, now: clock.now() });

  // Each turn does one step that at most one node succeeds in, and looks again.
  for (let turn = 0; turn < MAX_TURNS; turn++) {
    const now = clock.now();
    const kept = await readSetting<Kept>(db, KEY);
    if (kept === null) {
      await transaction(db, async (tx) => {
        // Waits for a node that is doing the same, and then finds its value there.
        if (!(await addSetting(tx, KEY, {}, now))) return;
        await invite(tx, { email, connectionId, now, ticketKey });
      });
      continue;
    }
    const invitation = await findInvitation(db, kept.invitationId);
    if (invitation?.state !== 'pending') {
      // It may have been replaced between the two reads; if not, it was accepted or taken back.
      const newer = await readSetting<Kept>(db, KEY);
      if (newer?.invitationId === kept.invitationId) return null;
      continue;
    }
    if (invitation.email !== email) {
      await transaction(db, async (tx) => {
        if (!(await takeBack(tx, invitation.id, now))) return;
        await invite(tx, { email, connectionId, now, ticketKey });
      });
      continue;
    }
    const reopened = await transaction(db, (tx) =>
      reopenInvitation(tx, { id: invitation.id, now, ttlSec: TTL_SEC, ticketKey }),
    );
    if (reopened.kind === 'open') return openLink(deps, reopened.invitation);
  }
  throw new Error('The invitation of the first administrator keeps changing.');
}

async function invite(
  tx: Db,
  input: { email: string; connectionId: string; now: Date; ticketKey: Buffer },
): Promise<void> {
  const { email, connectionId, now, ticketKey } = input;
  const user = await findOrInsert(tx, { email, connectionId, now });
  const campaignId = await insertCampaign(tx, {
    clientId: CLIENT_ID,
    connectionId,
    plan: {
      ttlSec: TTL_SEC,
      appMetadata: { usher: { administrator: true } },
      markEmailVerified: true,
    },
    now,
  });
  const insert = async () => {
    const [outcome] = await insertInvitations(tx, {
      campaignId,
      rows: [{ userId: user.id, email: user.email ?? email }],
      clientKey: CLIENT_ID,
      ttlSec: TTL_SEC,
      now,
      ticketKey,
    });
    return outcome;
  };
  let outcome = await insert();
  if (outcome?.kind === 'already' && outcome.id !== null) {
    // Somebody has invited this person to the console by the API; that gave no rights.
    await takeBack(tx, outcome.id, now);
    outcome = await insert();
  }
  if (outcome?.kind !== 'invited') throw new Error(`${email} could not be invited.`);
  const kept: Kept = { invitationId: outcome.id };
  await writeSetting(tx, KEY, kept, now);
}

/** Ends an open invitation with its mails; false when it was not open any more. */
async function takeBack(tx: Db, id: string, now: Date): Promise<boolean> {
  if (!(await revokeInvitation(tx, { id, now }))) return false;
  await cancelMessages(tx, { invitationId: id, reason: 'The invitation was replaced.' });
  return true;
}

async function findOrInsert(
  tx: Db,
  input: { email: string; connectionId: string; now: Date },
): Promise<User> {
  const known = await findUserByEmail(tx, input);
  if (known) return known;
  const made = await insertUser(tx, input);
  if (made.kind === 'inserted') return made.user;
  const other = await findUserByEmail(tx, input);
  if (other) return other;
  throw new Error(`No user ${input.email} could be made.`);
}

function openLink(deps: FirstAdministratorDeps, invitation: Invitation): OpenLink {
  const link = invitationUrl(deps.publicUrl, invitationSecret(deps.ticketKey, invitation));
  return { email: invitation.email, link, expiresAt: invitation.expiresAt };
}
