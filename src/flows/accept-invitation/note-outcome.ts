import type { Audit } from '../../records/logs/logs.ts';
import { noteAcceptance } from '../../steps/grant-what-was-promised/grant-what-was-promised.ts';
import type { AcceptOutcome } from './proof.ts';

/** Records how an acceptance has ended. */
export function noteOutcome(audit: Audit, outcome: AcceptOutcome): void {
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
