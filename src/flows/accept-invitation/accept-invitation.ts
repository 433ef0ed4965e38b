import type { Clock } from '../../platform/clock/clock.ts';
import { sha256 } from '../../platform/crypto/crypto.ts';
import { type Db, transaction } from '../../platform/db/db.ts';
import { type Enqueue, handle, type Registration } from '../../platform/tasks/tasks.ts';
import { acceptInvitation } from '../../records/invitations/invitations.ts';
import type { Audit } from '../../records/logs/logs.ts';
import { loginEpoch } from '../../records/oidc-payloads/oidc-payloads.ts';
import { holdAccount } from '../../records/users/users.ts';
import {
  type ChosenPassword,
  judgePassword,
  type RefusedPassword,
  storeChosenPassword,
} from '../../steps/choose-password/choose-password.ts';
import { grantInvitation } from '../../steps/grant-what-was-promised/grant-what-was-promised.ts';
import { countTrace } from '../../steps/limit-traces/limit-traces.ts';
import { proveAddress } from '../../steps/prove-address/prove-address.ts';
import { handOverLogin } from '../../steps/sign-in-by-proof/sign-in-by-proof.ts';
import { type MailInvitationDeps, mailInvitationAgain } from './mail-invitation.ts';
import { renewInvitationTask } from './renew-invitation.task.ts';
import * as views from './view-invitation.ts';
import {
  type InvitationView,
  type LoginInvitation,
  type OpenInvitation,
  viewInvitation,
} from './view-invitation.ts';

export {
  type InvitationView,
  type LoginInvitation,
  type OpenInvitation,
  viewInvitation,
} from './view-invitation.ts';

export type AcceptDeps = { db: Db; clock: Clock };

export type AcceptedInvitation = views.Found & {
  kind: 'done';
  /** The person whose account was invited, or whose identity it is. */
  personId: string;
  /** One-time secret that logs the user in at the application; `null` for a blocked user. */
  handoff: string | null;
};

export type AcceptOutcome =
  | AcceptedInvitation
  | { kind: 'refused'; why: RefusedPassword; view: OpenInvitation }
  | Exclude<InvitationView, OpenInvitation>;

const REQUESTS_PER_ADDRESS = 100;

/**
 * Accepts an invitation with a new password, for users who have none. One transaction consumes the link and gives everything that the
 * invitation carries. Of many requests at once exactly one is `done`.
 */
export async function acceptWithPassword(
  deps: AcceptDeps & { audit: Audit },
  input: { secret: string; password: string },
): Promise<AcceptOutcome> {
  const { db } = deps;
  const { secret, password } = input;
  const view = await viewInvitation(deps, secret);
  if (view.kind !== 'open') return noted(deps.audit, view);
  const { user, connection, client } = view;
  const judged = await judgePassword(deps, {
    connection,
    accountId: user.id,
    about: user,
    password,
    clientId: client?.id,
  });
  if (judged.kind === 'refused') {
    return noted(deps.audit, { kind: 'refused', why: judged.why, view });
  }
  const done = await transaction(db, (tx) =>
    close(deps, tx, { view, secret, by: 'link', chosen: judged.chosen }),
  );
  return noted(deps.audit, done ?? (await lost(deps, secret)));
}

/**
 * Accepts an invitation for a user who has followed the link and then logged in with the password of the invited account. Of many requests
 * at once exactly one is `done`.
 * @param input.userId the user who has logged in
 */
export async function acceptLoggedIn(
  deps: AcceptDeps & { audit: Audit },
  input: { secret: string; userId: string },
): Promise<Exclude<AcceptOutcome, { kind: 'refused' }>> {
  const { secret, userId } = input;
  const view = await viewInvitation(deps, secret);
  if (view.kind !== 'login') return view.kind === 'open' ? { kind: 'unknown' } : view;
  if (view.user.id !== userId) return { kind: 'unknown' };
  const done = await transaction(deps.db, (tx) =>
    close(deps, tx, { view, secret, by: 'login', chosen: null }),
  );
  return noted(deps.audit, done ?? (await lost(deps, secret)));
}

/** Returns `null` if another request was faster, or the invitation has changed since it was read. */
async function close(
  { clock }: AcceptDeps,
  tx: Db,
  input: {
    view: OpenInvitation | LoginInvitation;
    secret: string;
    by: 'link' | 'login';
    chosen: ChosenPassword | null;
  },
): Promise<AcceptedInvitation | null> {
  const { view, secret, by, chosen } = input;
  const { campaign, connection, client } = view;
  const at = clock.now();
  const held = await holdAccount(tx, view.user.id);
  if (held?.person.email !== view.invitation.email || held.account.blocked) return null;
  // A login with a password from before the current epoch does not count.
  if (by === 'login' && !(await loginEpoch.isCurrent(tx, held.person.id))) return null;
  // A password that was set in the meantime stays.
  if (chosen !== null && (await views.provedPasswordSetAt(tx, view.user.id)) !== null) {
    return null;
  }
  const invitation = await acceptInvitation(tx, { secretHash: sha256(secret), by, now: at });
  if (!invitation) return null;
  const { email } = invitation;
  // The link went to this address. The person who then logs in with the account's password created the account, or got it from its owner.
  const proof = { accountId: held.account.id, email, isMaker: by === 'login', at };
  const proved = await proveAddress(tx, proof);
  if (proved.kind !== 'proved') throw new Error('An account that is held changed its address.');
  const { account, person } = proved;
  const { id: userId } = account;
  if (chosen !== null) await storeChosenPassword(tx, { held: proved, chosen, at });
  await grantInvitation(tx, { invitation, campaign, userId, now: at });
  const { clientId } = campaign;
  const handoff = await handOverLogin(tx, { user: person, account, clientId, at });
  const personId = person.id;
  return {
    kind: 'done',
    personId,
    invitation,
    user: account,
    handoff,
    campaign,
    connection,
    client,
  };
}

/** Returns the current state of an invitation that could not be accepted. */
async function lost(
  deps: AcceptDeps,
  secret: string,
): Promise<Exclude<InvitationView, OpenInvitation>> {
  const now = await viewInvitation(deps, secret);
  return now.kind === 'open' ? { kind: 'unknown' } : now;
}

function noted<T extends AcceptOutcome>(audit: Audit, outcome: T): T {
  note(audit, outcome);
  return outcome;
}

function note(audit: Audit, outcome: AcceptOutcome): void {
  const found = outcome.kind === 'refused' ? outcome.view : outcome;
  audit.record({
    type: outcome.kind === 'done' ? 'si' : 'fi',
    description: outcome.kind === 'done' ? 'Invitation accepted.' : `Invitation: ${outcome.kind}`,
    ...(found.kind !== 'unknown' && {
      userId: found.user.id,
      userName: found.invitation.email,
      clientId: found.client?.id ?? null,
      details: { invitation_id: found.invitation.id },
    }),
  });
}

/** Requests a working link, sent only to the invited address. The answer and its work are the same for every secret. */
export async function requestNewLink(
  { db, clock, enqueue }: AcceptDeps & { enqueue: Enqueue },
  input: { secret: string; ip: string },
): Promise<void> {
  const { ip } = input;
  const trace = {
    kind: 'InvitationRenewal',
    ip,
    fromAddress: REQUESTS_PER_ADDRESS,
    now: clock.now(),
  };
  if ((await countTrace(db, trace)) > 0) return;
  const secretHash = sha256(input.secret).toString('hex');
  await transaction(db, (tx) => enqueue(tx, renewInvitationTask, { secretHash }));
}

/** Returns the background work of this flow. */
export function acceptInvitationHandlers(deps: MailInvitationDeps): Registration[] {
  return [
    handle(renewInvitationTask, ({ secretHash }) =>
      mailInvitationAgain(deps, Buffer.from(secretHash, 'hex')),
    ),
  ];
}
