import type { Audit } from '../../records/logs/logs.ts';
import { noteAcceptance } from '../../steps/grant-what-was-promised/grant-what-was-promised.ts';
import { noteEnrollment } from '../../steps/note-enrollment/note-enrollment.ts';
import type { AcceptOutcome, Proof } from './proof.ts';

/**
 * Records how an acceptance has ended.
 * @param given the credential and the second factors that the person has got by it
 */
export function noteOutcome(
  audit: Audit,
  outcome: AcceptOutcome,
  given: { proof: Proof; factors?: string[] },
): void {
  if (outcome.kind === 'done') {
    noteAcceptance(audit, outcome);
    const factors = given.proof.kind === 'passkey' ? ['passkey'] : [];
    for (const factor of [...factors, ...(given.factors ?? [])]) {
      const clientId = outcome.client?.id ?? null;
      noteEnrollment({ audit }, { user: outcome.user, factor, clientId });
    }
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
