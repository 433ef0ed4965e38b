import { Type } from 'typebox';
import {
  type ManageUsersDeps,
  type SendVerificationOutcome,
  sendVerification,
} from '../../../flows/manage-users/manage-users.ts';
import type { Db } from '../../../platform/db/db.ts';
import { findConnection } from '../../../records/connections/connections.ts';
import { linkedIdentities, type User } from '../../../records/users/users.ts';
import { type Api, badRequest, closed, customDomainOf, route, userOf } from '../route/route.ts';
import { jobSchema } from './job-wire.ts';

const REFUSALS: Record<Exclude<SendVerificationOutcome['kind'], 'queued'>, string> = {
  no_connection: 'connection does not exist.',
  no_database: 'Connection must be a database connection.',
  not_enabled: 'Connection must be enabled.',
  no_address: 'User does not have an email address.',
  no_organization: 'The organization does not exist',
};

/** /jobs/verification-email: a mail with which a user verifies their email address. */
export function verificationJobRoutes(api: Api, deps: ManageUsersDeps): void {
  route(api, {
    method: 'POST',
    url: '/jobs/verification-email',
    scopes: ['update:users'],
    summary: 'Send a verification email',
    tags: ['jobs'],
    body: closed({
      user_id: Type.String({ description: 'ID of the user' }),
      client_id: Type.Optional(
        Type.String({ description: 'ID of the application that the email is about' }),
      ),
      identity: Type.Optional(
        closed({
          user_id: Type.String({
            description: 'ID of the user at the provider: the part after `auth0|`',
          }),
          provider: Type.String({ description: 'Identity provider' }),
          connection_id: Type.Optional(Type.String({ pattern: '^con_[A-Za-z0-9]{16}$' })),
        }),
      ),
      organization_id: Type.Optional(Type.String()),
    }),
    response: { 201: jobSchema },
    async handler({ body, request }) {
      const user = await userOf(deps.db, body.user_id);
      const outcome = await sendVerification(deps, {
        user: await identityOf(deps.db, user, body.identity),
        isNamed: body.identity !== undefined,
        clientId: body.client_id || undefined,
        organizationId: body.organization_id ?? null,
        customDomain: customDomainOf(request),
      });
      if (outcome.kind !== 'queued') throw badRequest(REFUSALS[outcome.kind]);
      const { id, type, status, createdAt } = outcome.job;
      return { type, status, created_at: createdAt.toISOString(), id };
    },
  });
}

/** @throws ApiError 400 if the user does not have the named identity */
async function identityOf(
  db: Db,
  user: User,
  identity: { user_id: string; provider: string; connection_id?: string } | undefined,
): Promise<User> {
  if (identity === undefined) return user;
  const { user_id: localId, provider, connection_id: connectionId } = identity;
  if (connectionId !== undefined && !(await findConnection(db, connectionId))) {
    throw badRequest('Identity connection does not exist.');
  }
  const id = `${provider}|${localId}`;
  const linked = (await linkedIdentities(db, [user.id])).get(user.id) ?? [];
  const account = [user, ...linked].find((candidate) => candidate.id === id);
  if (!account || (connectionId ?? account.connectionId) !== account.connectionId) {
    throw badRequest('The user exists, but does not contain the given identity.');
  }
  return account;
}
