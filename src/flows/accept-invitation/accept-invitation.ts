import type { Clock } from '../../platform/clock/clock.ts';
import { sha256 } from '../../platform/crypto/crypto.ts';
import { type Db, transaction } from '../../platform/db/db.ts';
import type { PasswordPolicy } from '../../platform/password-policy/password-policy.ts';
import { type Enqueue, handle, type Registration } from '../../platform/tasks/tasks.ts';
import { newArrival } from '../../records/arrivals/arrivals.ts';
import { type Client, findClient } from '../../records/clients/clients.ts';
import {
  type Connection,
  findConnection,
  passwordPolicyOf,
} from '../../records/connections/connections.ts';
import {
  acceptInvitation,
  type Campaign,
  findInvitationBySecret,
  type Invitation,
  invitationState,
} from '../../records/invitations/invitations.ts';
import type { Audit } from '../../records/logs/logs.ts';
import { passwordSetAt } from '../../records/passwords/passwords.ts';
import { addressKey, countAttempt } from '../../records/throttles/throttles.ts';
import { findUser, holdAccount, type User } from '../../records/users/users.ts';
import {
  judgePassword,
  type RefusedPassword,
  storeChosenPassword,
} from '../../steps/choose-password/choose-password.ts';
import { giveWhatWasPromised } from '../../steps/grant-what-was-promised/grant-what-was-promised.ts';
import { proveAddress } from '../../steps/prove-address/prove-address.ts';
import { type MailInvitationDeps, mailInvitationAgain } from './mail-invitation.ts';
import { renewInvitationTask } from './renew-invitation.task.ts';

export type AcceptDeps = { db: Db; clock: Clock };

type Found = {
  invitation: Invitation;
  campaign: Campaign;
  user: User;
  connection: Connection;
  client: Client | null;
};

/** An invitation that can be accepted, and everything its page shows. */
export type OpenInvitation = Found & { kind: 'open'; policy: PasswordPolicy };

export type InvitationView =
  | OpenInvitation
  | (Found & { kind: 'accepted' | 'declined' | 'expired' | 'revoked' })
  /** Still open, but its link sets no password any more: one was set in another way since. */
  | (Found & { kind: 'password-changed'; passwordSetAt: Date })
  | { kind: 'unknown' };

export type AcceptOutcome =
  | (Found & {
      kind: 'done';
      /** Signs the person in at the application; null for a blocked user. */
      arrival: string | null;
    })
  | { kind: 'refused'; why: RefusedPassword; view: OpenInvitation }
  | Exclude<InvitationView, OpenInvitation>;

const REQUESTS_PER_ADDRESS = 100;
const WINDOW_SECONDS = 3600;

/** What can be done with an invitation's link now. Changes nothing. */
export async function viewInvitation(
  { db, clock }: AcceptDeps,
  secret: string,
): Promise<InvitationView> {
  const found = await findInvitationBySecret(db, sha256(secret));
  const user = found && (await findUser(db, found.invitation.userId));
  const connection = user && (await findConnection(db, user.connectionId));
  if (!found || !connection) return { kind: 'unknown' };
  const { invitation, campaign } = found;
  // Whoever reads the former address's mail has no say any more, and needn't know the new one.
  if (invitation.email !== user.email) return { kind: 'unknown' };
  const client = campaign.clientId === null ? null : await findClient(db, campaign.clientId);
  const state = invitationState(invitation, clock.now());
  const all = { invitation, campaign, user, connection, client };
  if (state !== 'pending') return { kind: state, ...all };
  const setAt = await passwordSetAt(db, user.id);
  if (isOutrun(invitation, setAt))
    return { kind: 'password-changed', ...all, passwordSetAt: setAt };
  return { kind: 'open', ...all, policy: passwordPolicyOf(connection) };
}

/** Whether the password was set in another way since the invitation was made. */
function isOutrun({ createdAt }: Invitation, setAt: Date | null): setAt is Date {
  return setAt !== null && setAt > createdAt;
}

/**
 * Accepts by choosing a password. One transaction consumes the link and gives everything the invitation carries; of many at
 * once one is `done`.
 */
export async function acceptWithPassword(
  deps: AcceptDeps & { audit: Audit },
  input: { secret: string; password: string },
): Promise<AcceptOutcome> {
  const outcome = await accept(deps, input);
  const found = outcome.kind === 'refused' ? outcome.view : outcome;
  deps.audit.record({
    type: outcome.kind === 'done' ? 'si' : 'fi',
    description: outcome.kind === 'done' ? 'Invitation accepted.' : `Invitation: ${outcome.kind}`,
    ...(found.kind !== 'unknown' && {
      userId: found.user.id,
      userName: found.invitation.email,
      clientId: found.client?.id ?? null,
      details: { invitation_id: found.invitation.id },
    }),
  });
  return outcome;
}

async function accept(
  deps: AcceptDeps & { audit: Audit },
  input: { secret: string; password: string },
): Promise<AcceptOutcome> {
  const { db, clock } = deps;
  const { secret, password } = input;
  const view = await viewInvitation(deps, secret);
  if (view.kind !== 'open') return view;
  const { user, connection, client, campaign } = view;
  const judged = await judgePassword(deps, {
    connection,
    accountId: user.id,
    about: user,
    password,
    clientId: client?.id,
  });
  if (judged.kind === 'refused') return { kind: 'refused', why: judged.why, view };

  const done = await transaction(db, async (tx) => {
    const at = clock.now();
    const held = await holdAccount(tx, user.id);
    if (held?.person.email !== view.invitation.email) return null;
    if (isOutrun(view.invitation, await passwordSetAt(tx, user.id))) return null;
    const invitation = await acceptInvitation(tx, {
      secretHash: sha256(secret),
      by: 'link',
      now: at,
    });
    if (!invitation) return null;
    const { email } = view.invitation;
    const proof = { accountId: held.account.id, email, isMaker: false, at };
    const proved = await proveAddress(tx, proof);
    if (proved.kind !== 'proved') return null;
    const { id: userId, blocked } = proved.account;
    // The link went to this address.
    await storeChosenPassword(tx, {
      held: proved,
      chosen: judged.chosen,
      at,
      markEmailVerified: true,
    });
    await giveWhatWasPromised(tx, { invitation, campaign, userId, now: at });
    const arrival = blocked
      ? null
      : await newArrival(tx, { userId, clientId: campaign.clientId, now: at });
    return { invitation, user: held.account, arrival };
  });
  if (done) return { kind: 'done', ...done, campaign, connection, client };
  const now = await viewInvitation(deps, secret);
  return now.kind === 'open' ? { kind: 'unknown' } : now;
}

/** Asks for a working link, to the invited address only. The answer and its work are the same for every secret. */
export async function requestNewLink(
  { db, clock, enqueue }: AcceptDeps & { enqueue: Enqueue },
  input: { secret: string; ip: string },
): Promise<void> {
  const key = addressKey('invitation-from', input.ip);
  const counted = { key, windowSeconds: WINDOW_SECONDS, now: clock.now() };
  if ((await countAttempt(db, counted)) > REQUESTS_PER_ADDRESS) return;
  const secretHash = sha256(input.secret).toString('hex');
  await transaction(db, (tx) => enqueue(tx, renewInvitationTask, { secretHash }));
}

/** What this flow does in the background. */
export function acceptInvitationHandlers(deps: MailInvitationDeps): Registration[] {
  return [
    handle(renewInvitationTask, ({ secretHash }) =>
      mailInvitationAgain(deps, Buffer.from(secretHash, 'hex')),
    ),
  ];
}
