import { Type } from 'typebox';
import { changeAccessMetadata } from '../../../flows/describe-access/describe-access.ts';
import { revoke, revokeSession, revokeUser } from '../../../flows/revoke-access/revoke-access.ts';
import {
  findAccess,
  listAccess,
  type UserAccess,
} from '../../../records/oidc-payloads/oidc-payloads.ts';
import { tenantSettings } from '../../../records/settings/settings.ts';
import {
  type Api,
  alwaysAnObject,
  type BaseDeps,
  checkpointPage,
  checkpointPaging,
  checkpointQuery,
  closed,
  freeObject,
  idParams,
  notFound,
  nullable,
  route,
  userOf,
} from '../route/route.ts';
import { checkedMetadata, sessionSchema, toWireSession } from './session-wire.ts';

const params = idParams('ID of the session');
const userParams = Type.Object({
  user_id: Type.String({ maxLength: 600, description: 'ID of the user' }),
});
const missing = () => notFound('The session does not exist.', 'inexistent_session');

/** /sessions and the sessions of users: browsers in which a user is signed in. */
export function sessionRoutes(api: Api, deps: BaseDeps): void {
  const { db, keys, clock } = deps;
  const tags = ['sessions'];

  async function needSession(id: string): Promise<UserAccess> {
    const now = clock.now();
    const found = await findAccess(db, keys.encryption, {
      model: 'Session',
      id: plain(id),
      now,
    });
    if (!found) throw missing();
    return found;
  }

  route(api, {
    method: 'GET',
    url: '/users/:user_id/sessions',
    scopes: ['read:sessions'],
    summary: 'List the sessions of a user',
    tags: ['users'],
    params: userParams,
    query: Type.Object({
      ...checkpointQuery,
      include_totals: alwaysAnObject,
    }),
    response: {
      200: Type.Object({
        sessions: Type.Array(sessionSchema),
        next: Type.Optional(Type.String()),
      }),
    },
    async handler({ params, query }) {
      const user = await userOf(db, params.user_id);
      const paging = checkpointPaging(query);
      const settings = await tenantSettings(db);
      const found = await listAccess(db, keys.encryption, {
        model: 'Session',
        userId: user.id,
        afterId: paging.afterId,
        limit: paging.limit + 1,
        now: clock.now(),
      });
      const toWire = (userAccess: UserAccess) => toWireSession(userAccess, settings);
      return checkpointPage(paging, 'sessions', found, (userAccess) => userAccess.id, toWire);
    },
  });
  route(api, {
    method: 'DELETE',
    url: '/users/:user_id/sessions',
    scopes: ['delete:sessions'],
    summary: 'End all sessions of a user',
    tags: ['users'],
    params: userParams,
    response: { 202: null },
    async handler({ params }) {
      const { id } = await userOf(db, params.user_id);
      await revoke(deps, { model: 'Session', userId: id });
    },
  });
  route(api, {
    method: 'GET',
    url: '/sessions/:id',
    scopes: ['read:sessions'],
    summary: 'Get a session',
    tags,
    params,
    response: { 200: sessionSchema },
    handler: async ({ params }) =>
      toWireSession(await needSession(params.id), await tenantSettings(db)),
  });
  route(api, {
    method: 'PATCH',
    url: '/sessions/:id',
    scopes: ['update:sessions'],
    summary: 'Update the metadata of a session',
    tags,
    params,
    body: closed({
      session_metadata: Type.Optional(
        nullable(freeObject('Metadata: string values. `null` deletes it.')),
      ),
    }),
    response: { 200: sessionSchema },
    async handler({ params, body }) {
      const { id } = await needSession(params.id);
      const { session_metadata: given } = body;
      if (given !== undefined) {
        const metadata = checkedMetadata('session_metadata', given);
        const outcome = await changeAccessMetadata(deps, { model: 'Session', id, metadata });
        if (outcome.kind === 'missing') throw missing();
      }
      return toWireSession(await needSession(id), await tenantSettings(db));
    },
  });
  route(api, {
    method: 'DELETE',
    url: '/sessions/:id',
    scopes: ['delete:sessions'],
    summary: 'End a session',
    description:
      'Refresh tokens that were issued in the session keep working. Returns 202 even if the session does not exist.',
    tags,
    params,
    response: { 202: null },
    handler: ({ params }) => revokeSession(deps, { id: plain(params.id), withTokens: false }),
  });
  route(api, {
    method: 'POST',
    url: '/sessions/:id/revoke',
    scopes: ['delete:sessions', 'delete:refresh_tokens'],
    summary: 'End a session and revoke its refresh tokens',
    tags,
    params,
    response: { 202: null },
    async handler({ params }) {
      const { id } = await needSession(params.id);
      await revokeSession(deps, { id, withTokens: true });
    },
  });
  route(api, {
    method: 'POST',
    url: '/users/:id/revoke-access',
    scopes: ['delete:sessions', 'delete:refresh_tokens'],
    summary: 'Revoke the access of a user',
    description:
      'Ends one session or all sessions of the user, and revokes their refresh tokens unless `preserve_refresh_tokens` is `true`. If all sessions and all refresh tokens end, the access tokens of the user stop working at this server, too.',
    tags: ['users'],
    params: idParams('ID of the user'),
    body: closed({
      session_id: Type.Optional(
        Type.String({
          maxLength: 50,
          description: 'ID of the session to end. Default: all sessions of the user.',
        }),
      ),
      preserve_refresh_tokens: Type.Optional(
        Type.Boolean({ description: 'Whether refresh tokens keep working. Default: `false`.' }),
      ),
    }),
    bodyOptional: true,
    response: { 202: null },
    async handler({ params, body }) {
      const { id: userId } = await userOf(db, params.id);
      const asked = body?.session_id;
      const sessionId = asked === undefined ? undefined : (await needSession(asked)).id;
      if (sessionId !== undefined && (await needSession(sessionId)).userId !== userId)
        throw missing();
      await revokeUser(deps, {
        userId,
        sessionId,
        keepTokens: body?.preserve_refresh_tokens === true,
      });
    },
  });
}

/** Removes NUL, because no ID contains one and the database refuses it. */
export function plain(id: string): string {
  return id.replaceAll('\0', '');
}
