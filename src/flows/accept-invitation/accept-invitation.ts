import { handle, type Registration } from '../../platform/tasks/tasks.ts';
import { findUser } from '../../records/users/users.ts';
import { type SignInDeps, signInByProof } from '../../steps/sign-in-by-proof/sign-in-by-proof.ts';
import { giveProfile } from './ask-fields.ts';
import { acceptByProof } from './by-proof/by-proof.ts';
import type { Completion } from './finish-acceptance.ts';
import { type MailInvitationDeps, mailInvitationAgain } from './mail-invitation.ts';
import { noteOutcome } from './note-outcome.ts';
import type { AcceptDeps, AcceptOutcome, Proof } from './proof.ts';
import { renewInvitationTask } from './renew-invitation.task.ts';
import { viewInvitation } from './view-invitation.ts';

export { checkFields, fieldsAskedBy } from './ask-fields.ts';
export { declineInvitation } from './decline-invitation.ts';
export {
  choosePasswordInFlow,
  completeInvitationFlow,
  enterCode,
  enterExisting,
  enterExistingPasskey,
  enterIdentity,
  enterPasskey,
  enterPhone,
  enterProfile,
  enterTotp,
  type FlowAt,
  type FlowEnd,
  type FlowStepped,
  provePhone,
  proveTotp,
  type RefusedCode,
  startInvitationFlow,
  viewFlow,
} from './flow/flow.ts';
export { connectionOfTyped, mayAccept, takesOtherAccounts } from './may-accept.ts';
export { offersProvider, takesOwnPasskey } from './offered-ways.ts';
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
 * @param input.profile what the person has entered, checked with {@link checkFields}
 * @param input.enters the login follows at once, in the browser that keeps this secret. Absent: it follows with the handoff, or came before.
 * @returns `open` and `login` never: the person must first do what the invitation's page asks for. `login` says that a password exists
 */
export async function acceptInvitation(
  deps: AcceptDeps,
  input: {
    secret: string;
    organizationId?: string;
    proof: Proof;
    profile?: Record<string, unknown>;
    enters?: { ip: string; browser: string };
  },
): Promise<AcceptOutcome> {
  const view = await viewInvitation(deps, input.secret, input);
  const { profile } = input;
  const completion: Completion | undefined = profile && {
    async alongside(tx, accepted) {
      await giveProfile(tx, profile, accepted);
      return true;
    },
  };
  const accepting = { ...input, view, ...(completion && { completion }) };
  const outcome = (await acceptByProof(deps, accepting)) ?? (await lost(deps, input));
  noteOutcome(deps.audit, outcome, input);
  if (outcome.kind === 'done' && input.enters !== undefined) {
    const { user: account, userId, campaign } = outcome;
    const { connectionId, email: userName } = account;
    const { clientId } = campaign;
    // The account may be an identity that is linked to the person: only people log in.
    const user = (await findUser(deps.db, userId)) ?? account;
    await signInByProof(deps, { user, connectionId, userName, clientId, ...input.enters });
  }
  return outcome;
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

/** Returns the background work of this flow. */
export function acceptInvitationHandlers(deps: MailInvitationDeps): Registration[] {
  return [
    handle(renewInvitationTask, ({ secretHash }) =>
      mailInvitationAgain(deps, Buffer.from(secretHash, 'hex')),
    ),
  ];
}
