import type { FastifyReply, FastifyRequest } from 'fastify';
import { notPartOf } from '../../../flows/enter-organization/enter-organization.ts';
import type { User } from '../../../records/users/users.ts';
import { standingIn } from '../../../steps/judge-standing/judge-standing.ts';
import type { PageDeps } from '../deps.ts';
import type { LoginContext } from './login-context.ts';

/**
 * Redirects a user who is not a member of the login's organization back to the application, without a login. A user with an invitation
 * continues, because accepting comes after the second factor, when the request is resumed.
 * @returns true if the reply has been sent
 */
export async function rejectedNonMember(
  deps: PageDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  { context, user }: { context: LoginContext; user: User },
): Promise<boolean> {
  const { organization, invitation } = context.interaction.params;
  if (!organization) return false;
  const { kind } = await standingIn(deps.db, { organizationId: organization, user });
  if (kind === 'member' || kind === 'joins') return false;
  if (kind === 'stranger' && invitation) return false;
  const description = notPartOf(user.id, organization);
  deps.audit.record({
    type: 'f',
    description,
    userId: user.id,
    clientId: context.client.id,
    organizationId: organization,
    ip: request.ip,
  });
  await deps.interactions.abort(request, reply, { error: 'access_denied', description });
  return true;
}
