import { handle, type Registration } from '../../platform/tasks/tasks.ts';
import type { Audit } from '../../records/logs/logs.ts';
import { noteAcceptance } from '../../steps/grant-what-was-promised/grant-what-was-promised.ts';
import { type SignInDeps, signInByProof } from '../../steps/sign-in-by-proof/sign-in-by-proof.ts';
import { acceptAsAccount } from './accept-as-account.ts';
import { acceptWithPassword } from './accept-with-password.ts';
import { type MailInvitationDeps, mailInvitationAgain } from './mail-invitation.ts';
import type { AcceptOutcome, Proof } from './proof.ts';
import { renewInvitationTask } from './renew-invitation.task.ts';
import { type InvitationView, viewInvitation } from './view-invitation.ts';

export { mayAccept } from './may-accept.ts';
export type { AcceptedInvitation, AcceptOutcome, Proof, WrongAccount } from './proof.ts';
export { requestNewLink } from './request-link.ts';
export {
  type InvitationView,
  type LoginInvitation,
  type OpenInvitation,
  viewInvitation,
} from './view-invitation.ts';

/**
 * Accepts the invitation of a link, whichever way the person shows who they are. One transaction consumes the invitation and gives
 * everything that it carries. Of many requests at once, by any ways, exactly one is `done`.
 * @param input.organizationId the organization that the link was used for; another one's invitation is unknown
 * @param input.enters the login follows at once, in the browser that keeps this secret. Absent: it follows with the handoff, or came before.
 * @returns `open` and `login` never: the person must first do what the invitation's page asks for. `login` says that a password exists
 */
export async function acceptInvitation(
  deps: SignInDeps,
  input: {
    secret: string;
    organizationId?: string;
    proof: Proof;
    enters?: { ip: string; browser: string };
  },
): Promise<AcceptOutcome> {
  const view = await viewInvitation(deps, input.secret, input);
  const outcome = (await accept(deps, { ...input, view })) ?? (await lost(deps, input));
  note(deps.audit, outcome);
  if (outcome.kind === 'done' && input.enters !== undefined) {
    const { user, campaign } = outcome;
    const { connectionId, email: userName } = user;
    const { clientId } = campaign;
    await signInByProof(deps, { user, connectionId, userName, clientId, ...input.enters });
  }
  return outcome;
}

async function accept(
  deps: SignInDeps,
  { secret, proof, view }: { secret: string; proof: Proof; view: InvitationView },
): Promise<AcceptOutcome | null> {
  if (view.kind !== 'open' && view.kind !== 'login') return view;
  if (proof.kind === 'account') return acceptAsAccount(deps, { view, secret, proof });
  return view.kind === 'open' ? acceptWithPassword(deps, { view, secret, proof }) : view;
}

/** Returns the current state of an invitation that could not be accepted. */
async function lost(
  deps: SignInDeps,
  { secret, organizationId }: { secret: string; organizationId?: string },
): Promise<AcceptOutcome> {
  const now = await viewInvitation(
    deps,
    secret,
    organizationId === undefined ? {} : { organizationId },
  );
  return now.kind === 'open' ? { kind: 'unknown' } : now;
}

function note(audit: Audit, outcome: AcceptOutcome): void {
  if (outcome.kind === 'done') {
    noteAcceptance(audit, outcome);
    return;
  }
  const found = outcome.kind === 'refused' ? outcome.view : outcome;
  audit.record({
    type: 'fi',
    // Auth0's text.
    description:
      outcome.kind === 'wrong-account'
        ? 'the specified account is not allowed to accept the current invitation'
        : `Invitation: ${outcome.kind}`,
    ...(found.kind !== 'unknown' && {
      userId: outcome.kind === 'wrong-account' ? outcome.userId : (found.user?.id ?? null),
      userName: found.invitation.email,
      clientId: found.client?.id ?? null,
      organizationId: found.organization?.id ?? null,
      details: { invitation_id: found.invitation.id },
    }),
  });
}

/** Returns the background work of this flow. */
export function acceptInvitationHandlers(deps: MailInvitationDeps): Registration[] {
  return [
    handle(renewInvitationTask, ({ secretHash }) =>
      mailInvitationAgain(deps, Buffer.from(secretHash, 'hex')),
    ),
  ];
}
