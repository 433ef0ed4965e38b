import { handle, type Registration } from '../../platform/tasks/tasks.ts';
import { findUser } from '../../records/users/users.ts';
import { type SignInDeps, signInByProof } from '../../steps/sign-in-by-proof/sign-in-by-proof.ts';
import { acceptAtOnce, type FlowDeps, type Missing, type WentOn } from './flow/flow.ts';
import { type MailInvitationDeps, mailInvitationAgain } from './mail-invitation.ts';
import { noteOutcome } from './note-outcome.ts';
import type { AcceptDeps, AcceptedInvitation, AcceptOutcome, Proof } from './proof.ts';
import { renewInvitationTask } from './renew-invitation.task.ts';
import { viewInvitation } from './view-invitation.ts';

export { checkFields, fieldsAskedBy } from './ask-fields.ts';
export { declineInvitation } from './decline-invitation.ts';
export type { FlowDeps, Waiting } from './flow/flow.ts';
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
  shownTotp,
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

/** How an attempt to accept ends. `goes-on`: a flow of this browser keeps it and waits for a second factor. */
export type Accepting =
  | (AcceptedInvitation & {
      /** Shown once, with the first second factor. */
      recoveryCode: string | null;
    })
  | Exclude<AcceptOutcome, AcceptedInvitation>
  | Missing
  | WentOn;

/**
 * Accepts the invitation of a link, whichever way the person shows who they are. The steps are those of a flow (`flow-steps.ts`): fields, a
 * way to log in, second factors. With everything there, one transaction consumes the invitation and gives everything that it carries. Of
 * many requests at once, by any ways, exactly one is `done`.
 * @param input.organizationId the organization that the link was used for; another one's invitation is unknown
 * @param input.fields what the person has entered. Absent: nothing
 * @param input.enters the login follows at once, in the browser that keeps this secret, and asks for second factors
 * @param input.browser the flow that this browser has, in which the acceptance goes on if it needs a second factor
 * @returns `open` and `login` never: the person must first do what the invitation's page asks for. `login` says that a password exists
 */
export async function acceptInvitation(
  deps: AcceptDeps & FlowDeps,
  input: {
    secret: string;
    organizationId?: string;
    proof: Proof;
    fields?: Record<string, unknown>;
    enters?: { ip: string; browser: string };
    browser?: { held: string | null; ip: string };
  },
): Promise<Accepting> {
  const { secret, proof, fields = {}, browser } = input;
  const view = await viewInvitation(deps, secret, input);
  const tried =
    view.kind === 'open' || view.kind === 'login'
      ? await acceptAtOnce(deps, { view, secret, proof, fields, browser })
      : view;
  if (tried !== null && 'kind' in tried) {
    switch (tried.kind) {
      case 'fields':
      case 'goes-on':
      case 'overtaken':
      case 'throttled':
        break;
      default:
        noteOutcome(deps.audit, tried, input);
    }
    return tried;
  }
  const outcome = tried?.outcome ?? (await lost(deps, input));
  noteOutcome(deps.audit, outcome, input);
  if (outcome.kind !== 'done') return outcome;
  if (input.enters !== undefined) {
    const { user: account, userId, campaign } = outcome;
    const { connectionId, email: userName } = account;
    const { clientId } = campaign;
    // The account may be an identity that is linked to the person: only people log in.
    const user = (await findUser(deps.db, userId)) ?? account;
    await signInByProof(deps, { user, connectionId, userName, clientId, ...input.enters });
  }
  return { ...outcome, recoveryCode: tried?.recoveryCode ?? null };
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
