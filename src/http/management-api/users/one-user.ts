import { type Static, Type } from 'typebox';
import { changeUser, removeUser } from '../../../flows/manage-users/manage-users.ts';
import type { Db } from '../../../platform/db/db.ts';
import {
  type Connection,
  findConnection,
  findConnectionByName,
  isConnectionEnabled,
  isEnterprise,
  isOwn,
  providerRulesOf,
} from '../../../records/connections/connections.ts';
import { linkedIdentities, type User } from '../../../records/users/users.ts';
import { refuseMetadata } from '../metadata/metadata.ts';
import {
  type Api,
  actsOnSelf,
  badRequest,
  type Caller,
  customDomainOf,
  fieldsQuery,
  pickFields,
  requireScope,
  route,
  targetOf,
} from '../route/route.ts';
import { USER_EFFECTS } from './effects-of-users.ts';
import { showUser, tokenReader } from './show-users.ts';
import type { UserDeps } from './user-routes.ts';
import {
  partialUser,
  refuseExclusive,
  refuseReadOnly,
  toChanges,
  USER_FIELDS,
  updateUserBody,
  userSchema,
} from './user-wire.ts';

const tags = ['users'];
const params = Type.Object({ id: Type.String({ description: 'ID of the user, `auth0|…`' }) });

/** /users/{id}. */
export function oneUserRoutes(api: Api, deps: UserDeps): void {
  route(api, {
    method: 'GET',
    url: '/users/:id',
    scopes: ['read:users', 'read:current_user', 'read:user_idp_tokens'],
    summary: 'Get a user',
    description: 'With `read:current_user`, a token can read only its own user.',
    tags,
    params,
    query: Type.Object(fieldsQuery(USER_FIELDS)),
    response: { 200: partialUser },
    async handler({ params, query, caller }) {
      const anyone = ['read:users', 'read:user_idp_tokens'];
      const user = await targetOf(deps.db, params.id, actsOnSelf(caller, params.id, { anyone }));
      return pickFields(await showUser(deps, user, tokenReader(deps, caller)), query);
    },
  });

  route(api, {
    method: 'PATCH',
    url: '/users/:id',
    scopes: ['update:users', 'update:users_app_metadata', 'update:current_user_metadata'],
    summary: 'Update a user',
    description:
      'Merges metadata on its first level. `null` deletes a key, and `{}` deletes all keys. With `connection`, changes the ' +
      'email address, username, phone number or password of the identity in that connection. `update:users_app_metadata` is ' +
      'enough to change `app_metadata`. `update:current_user_metadata` is enough for a user to change their own ' +
      '`user_metadata`.',
    tags,
    params,
    body: updateUserBody,
    effects: USER_EFFECTS,
    response: { 200: userSchema },
    async handler({ params, body, caller, request }) {
      const isSelf = checkRight(caller, params.id, body);
      refuseReadOnly(body);
      refuseExclusive(body);
      refuseMetadata(body);
      const user = await targetOf(deps.db, params.id, isSelf);
      const { account, connection } = await accountOf(deps.db, user, body.connection);
      await refuseUnchangeable(deps.db, { body, user, account, connection });
      const changed = await changeUser(deps, {
        user,
        account,
        connection,
        changes: toChanges(body),
        password: body.password ?? undefined,
        verifyEmail: body.verify_email === true,
        clientId: body.client_id,
        customDomain: customDomainOf(request),
        ownMetadataMaxBytes: isSelf ? deps.userMetadataMaxBytes : null,
      });
      return showUser(deps, changed, tokenReader(deps, caller));
    },
  });

  route(api, {
    method: 'DELETE',
    url: '/users/:id',
    scopes: ['delete:users', 'delete:current_user'],
    summary: 'Delete a user',
    description:
      'Also ends the sessions of the user and deletes the linked identities. Returns 204 even if the user does not exist.',
    tags,
    params,
    response: { 204: null },
    async handler({ params, caller }) {
      actsOnSelf(caller, params.id, { anyone: ['delete:users'] });
      if (!params.id.includes('\0')) await removeUser(deps, params.id);
    },
  });
}

type Body = Static<typeof updateUserBody>;

/** @returns whether the caller may change only their own account */
function checkRight(caller: Caller, userId: string, body: Body): boolean {
  if (caller.scopes.has('update:users')) return false;
  const only = (name: string) => Object.keys(body).every((key) => key === name);
  if (caller.scopes.has('update:users_app_metadata') && only('app_metadata')) return false;
  if (!caller.scopes.has('update:current_user_metadata') || !only('user_metadata')) {
    requireScope(caller, ['update:users']);
  }
  return actsOnSelf(caller, userId, { anyone: [] });
}

/** The identity that the request changes: the one in `connection`, or without it the user's primary identity. */
async function accountOf(
  db: Db,
  user: User,
  name: string | undefined,
): Promise<{ account: User; connection: Connection }> {
  const connection =
    name === undefined
      ? await findConnection(db, user.connectionId)
      : await findConnectionByName(db, name);
  if (!connection) throw badRequest('Connection does not exist.', 'inexistent_connection');
  if (connection.id === user.connectionId) return { account: user, connection };
  const linked = (await linkedIdentities(db, [user.id])).get(user.id) ?? [];
  const account = linked.find((candidate) => candidate.connectionId === connection.id);
  if (account) return { account, connection };
  throw badRequest('Connection is not supported for this operation.', 'operation_not_supported');
}

const PROFILE = ['family_name', 'given_name', 'name', 'nickname', 'picture'] as const;

/** @throws ApiError 400 for a change that the connection or the user does not allow */
async function refuseUnchangeable(
  db: Db,
  {
    body,
    user,
    account,
    connection,
  }: { body: Body; user: User; account: User; connection: Connection },
): Promise<void> {
  const refuse = (message: string): never => {
    throw badRequest(message, 'operation_not_supported');
  };
  const hasPassword = body.password !== undefined && body.password !== null;
  if (connection.strategy !== 'auth0') {
    if (body.email !== undefined && connection.strategy !== 'email') {
      refuse('Cannot update email for non-database user.');
    }
    if (hasPassword || body.username !== undefined) {
      refuse('Connection is not supported for this operation.');
    }
    if (isEnterprise(connection.strategy) && body.email_verified !== undefined) {
      refuse('Email verification is not supported for enterprise users.');
    }
    if (connection.strategy === 'sms' && body.email_verified !== undefined) {
      refuse('Email verification is not supported for passwordless sms users.');
    }
  } else if (
    (hasPassword || body.email !== undefined) &&
    !(await isConnectionEnabled(db, connection.id))
  ) {
    refuse('Cannot change email or password for users in a disabled connection.');
  }
  const profile = PROFILE.filter((name) => body[name] !== undefined);
  const follows =
    !isOwn(connection.strategy) && providerRulesOf(connection).rootAttributes === 'each-login';
  if (account.id === user.id && profile.length > 0 && follows) {
    refuse(
      `The following user attributes cannot be updated: ${profile.join(', ')}. The connection must either be a database connection (using the Auth0 store), a passwordless connection (email or sms) or has disabled 'Sync user profile attributes at each login'.`,
    );
  }
  if (account.id !== user.id && profile.length > 0) {
    refuse(
      `The following user attributes cannot be updated: ${profile.join(', ')}. The specified connection belongs to a secondary identity.`,
    );
  }
  const left = { email: account.email, username: account.username, phone: account.phoneNumber };
  if (body.email !== undefined) left.email = body.email;
  if (body.username !== undefined) left.username = body.username;
  if (body.phone_number !== undefined) left.phone = body.phone_number;
  if (connection.strategy === 'auth0' && !left.email && !left.username && !left.phone) {
    throw badRequest('A user must keep an email, a username or a phone_number.');
  }
  if (connection.strategy === 'email' && !left.email) {
    throw badRequest('A user of a passwordless email connection must keep an email.');
  }
  if (connection.strategy === 'sms' && !left.phone) {
    throw badRequest('A user of a passwordless sms connection must keep a phone_number.');
  }
}
