import type { FieldProblem } from '../../../platform/profile-schema/profile-schema.ts';
import { hasSecondFactor } from '../../../records/authentication-methods/authentication-methods.ts';
import type { FlowState } from '../../../records/invitation-flows/invitation-flows.ts';
import type { Audit } from '../../../records/logs/logs.ts';
import { findAccountByEmail } from '../../../records/users/users.ts';
import { findProvidedIdentity } from '../../../steps/adopt-identity/adopt-identity.ts';
import { checkFields } from '../ask-fields.ts';
import { acceptByProof } from '../by-proof/by-proof.ts';
import type { AcceptableInvitation, AcceptDeps, AcceptOutcome, Proof } from '../proof.ts';
import { type Entered, stepOf } from './flow-steps.ts';
import { type FlowDeps, needsOf } from './flow-view.ts';
import { giveEntered } from './give-entered.ts';
import { goOnInFlow, type WentOn } from './go-on.ts';

/** Fields of the invitation are missing or wrong. Nothing has changed. */
export type Missing = { kind: 'fields'; problems: FieldProblem[]; view: AcceptableInvitation };

/**
 * Takes an acceptance through the steps of a flow with everything that a person has entered on one page. If no step is missing, the
 * invitation is accepted at once, and nothing is kept before. Otherwise a flow keeps it, and goes on from there.
 * @param input.browser where a flow may go on. Absent: a login follows at once, and asks for second factors
 * @returns `null` if the invitation, the account or the flow has changed since it was read
 */
export async function acceptAtOnce(
  deps: FlowDeps & AcceptDeps & { audit: Audit },
  input: {
    view: AcceptableInvitation;
    secret: string;
    proof: Proof;
    /** As typed. */
    fields: Record<string, unknown>;
    browser?: { held: string | null; ip: string } | undefined;
  },
): Promise<
  { outcome: AcceptOutcome | null; recoveryCode: string | null } | WentOn | Missing | null
> {
  const { view, secret, proof, browser } = input;
  const checked = checkFields(view, input.fields);
  if (checked.kind === 'refused') return { kind: 'fields', problems: checked.problems, view };
  const { profile } = checked;
  const needs = await needsOf(deps, view, await whoShows(deps, view, proof));
  const state: Entered = { profile, way: wayOf(proof), phone: null, totp: null };
  const isStepHere = browser !== undefined && !needs.isChoiceAtLogin;
  if (isStepHere && stepOf(state, needs).step === 'factor') {
    return goOnInFlow(deps, { view, secret, proof, profile, ...browser });
  }
  let recoveryCode: string | null = null;
  const isAddressEnough = browser !== undefined && needs.isAddressEnough;
  const outcome = await acceptByProof(deps, {
    view,
    secret,
    proof,
    profile,
    completion: {
      async alongside(tx, accepted) {
        // A person who has got a second factor meanwhile shows it at the login.
        const adds = isAddressEnough && !(await hasSecondFactor(tx, accepted.userId));
        const given = { view, needs: { ...needs, isAddressEnough: adds }, flow: { state } };
        recoveryCode = await giveEntered(deps, tx, given, accepted);
        return true;
      },
    },
  });
  return { outcome, recoveryCode };
}

/** Returns who has the way to log in already, or `null`. */
async function whoShows(
  { db }: FlowDeps,
  { invitation }: AcceptableInvitation,
  proof: Proof,
): Promise<string | null> {
  switch (proof.kind) {
    case 'account':
      return proof.userId;
    case 'identity':
      return (await findProvidedIdentity(db, proof))?.user.id ?? null;
    case 'code': {
      const of = { connectionId: proof.connection.id, email: invitation.email };
      const account = await findAccountByEmail(db, of);
      return account && (account.linkedTo ?? account.id);
    }
    default:
      return null;
  }
}

function wayOf({ kind }: Proof): NonNullable<FlowState['credential']>['kind'] {
  return kind === 'identity' ? 'connection' : kind;
}
