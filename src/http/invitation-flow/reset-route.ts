import type { FastifyReply, FastifyRequest } from 'fastify';
import { redeemTicket, viewTicket } from '../../flows/reset-password/reset-password.ts';
import { LOGIN_TICKET_SECONDS } from '../../records/login-handoffs/login-handoffs.ts';
import { doneState } from './answers.ts';
import type { InvitationFlowDeps } from './deps.ts';
import { FlowProblem } from './flow-problem.ts';
import { bodyOf, linkSecretOf, requestMarkOf, textOf } from './request-body.ts';

/**
 * Sets a new password on a page of the application, with the link that the user got by mail. The link is the secret, so there is no flow to
 * keep.
 * @param permit refuses pages that the application has not registered
 */
export async function resetPassword(
  deps: InvitationFlowDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  permit: (request: FastifyRequest, reply: FastifyReply, clientId: string) => Promise<void>,
): Promise<Record<string, unknown>> {
  const body = bodyOf(request);
  const clientId = textOf(body, 'client_id', 100);
  await permit(request, reply, clientId);
  const secret = linkSecretOf(textOf(body, 'link', 2000));
  const password = textOf(body, 'password');
  const view = await viewTicket(deps, secret);
  // A link for another application is unknown to this one.
  if (view.kind === 'unknown' || view.client?.id !== clientId) {
    throw new FlowProblem(404, 'unknown_link');
  }
  const loginTicket = { amr: ['pwd'], request: requestMarkOf(body) };
  const outcome = await redeemTicket(deps, { secret, password, loginTicket });
  switch (outcome.kind) {
    case 'done':
      return { ...doneState(), login_ticket: outcome.handoff, expires_in: LOGIN_TICKET_SECONDS };
    case 'refused':
      throw new FlowProblem(422, 'password_refused', {
        password: outcome.why.kind,
        state: { state: 'credential', next: ['reset'] },
      });
    case 'unchanged':
      throw new FlowProblem(503, 'temporarily_unavailable', {
        state: { state: 'credential', next: ['reset'] },
      });
    case 'denied':
      throw new FlowProblem(403, 'reset_denied');
    case 'unknown':
      throw new FlowProblem(404, 'unknown_link');
    default:
      throw new FlowProblem(410, 'link_ended');
  }
}
