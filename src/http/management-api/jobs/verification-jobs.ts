import { Type } from 'typebox';
import {
  type ManageUsersDeps,
  sendVerification,
} from '../../../flows/manage-users/manage-users.ts';
import type { Db } from '../../../platform/db/db.ts';
import { findConnection, isConnectionEnabled } from '../../../records/connections/connections.ts';
import { finishJob, insertJob } from '../../../records/jobs/jobs.ts';
import { findOrganization } from '../../../records/organizations/organizations.ts';
import { linkedIdentities, type User } from '../../../records/users/users.ts';
import { type Api, badRequest, closed, customDomainOf, route, userOf } from '../route/route.ts';
import { jobSchema } from './job-wire.ts';

/** /jobs/verification-email: a mail with which a user verifies their email address. */
export function verificationJobRoutes(api: Api, deps: ManageUsersDeps): void {
  route(api, {
    method: 'POST',
    url: '/jobs/verification-email',
    scopes: ['update:users'],
    summary: 'Send a verification mail',
    tags: ['jobs'],
    body: closed({
      user_id: Type.String({ description: 'ID of the user' }),
      client_id: Type.Optional(
        Type.String({ description: 'ID of the application that the mail is about' }),
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
      const account = await identityOf(deps.db, user, body.identity);
      await refuseConnection(deps.db, account, body.identity !== undefined);
      if (account.email === null) throw badRequest('User does not have an email address.');
      const { client_id: clientId, organization_id: organizationId = null } = body;
      if (organizationId !== null && !(await findOrganization(deps.db, organizationId))) {
        throw badRequest('The organization does not exist');
      }
      await sendVerification(deps, account, {
        ...(clientId && { clientId }),
        organizationId,
        customDomain: customDomainOf(request),
      });
      const now = deps.clock.now();
      const made = await insertJob(deps.db, {
        type: 'verification_email',
        status: 'pending',
        request: {},
        now,
      });
      if (made.kind === 'taken')
        throw new Error('A job without an idempotency key cannot exist already.');
      await finishJob(deps.db, { jobId: made.job.id, now });
      return {
        type: 'verification_email',
        status: 'pending',
        created_at: made.job.createdAt.toISOString(),
        id: made.job.id,
      };
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

/** @throws ApiError 400 if the connection has no email verification, or has it only when the identity is named */
async function refuseConnection(db: Db, { connectionId }: User, isNamed: boolean): Promise<void> {
  const connection = await findConnection(db, connectionId);
  if (!connection) throw badRequest('connection does not exist.');
  if (connection.strategy !== 'auth0' && !isNamed) {
    throw badRequest('Connection must be a database connection.');
  }
  if (!(await isConnectionEnabled(db, connectionId)))
    throw badRequest('Connection must be enabled.');
}
