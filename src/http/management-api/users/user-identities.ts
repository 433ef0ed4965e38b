import { type Static, Type } from 'typebox';
import {
  linkIdentity,
  separateIdentity,
} from '../../../flows/manage-identities/manage-identities.ts';
import { findAccount } from '../../../records/users/users.ts';
import { STRATEGIES } from '../connections/connections.ts';
import {
  type Api,
  actsOnSelf,
  type BaseDeps,
  badRequest,
  type Caller,
  closed,
  oneOf,
  requireScope,
  route,
  targetOf,
  userOf,
} from '../route/route.ts';
import { identitiesSchema } from './identity-wire.ts';
import { type LinkTokenDeps, subjectOfLinkToken } from './link-token.ts';
import { showIdentities, tokenReader } from './show-users.ts';

export type IdentityDeps = BaseDeps & LinkTokenDeps;

const tags = ['users'];
const scopes = ['update:users', 'update:current_user_identities'] as const;
const anyone = ['update:users'];
const idParams = { id: Type.String({ description: 'ID of the user, `auth0|…`' }) };

const linkBody = closed(
  {
    provider: Type.Optional(
      oneOf(STRATEGIES, { description: 'Identity provider of the secondary user' }),
    ),
    user_id: Type.Optional(
      Type.Unsafe<string | number>({
        type: ['string', 'integer'],
        minLength: 1,
        maxLength: 600,
        description: '`user_id` of the secondary user, with or without its prefix',
      }),
    ),
    connection_id: Type.Optional(
      Type.String({
        pattern: '^con_[A-Za-z0-9]{16}$',
        description: 'Connection ID of the secondary user',
      }),
    ),
    link_with: Type.Optional(
      Type.String({ maxLength: 20_000, description: 'ID token of the secondary user' }),
    ),
  },
  { minProperties: 1 },
);

/** /users/{id}/identities: the identities with which one user can sign in. */
export function userIdentityRoutes(api: Api, deps: IdentityDeps): void {
  route(api, {
    method: 'POST',
    url: '/users/:id/identities',
    scopes,
    summary: 'Link two users',
    description:
      'The secondary user becomes an identity of the primary user and stops being a user of its own. Its metadata is not ' +
      'merged. With `update:current_user_identities`, users can link to themselves the user whose ID token is given as ' +
      '`link_with`.',
    tags,
    params: Type.Object(idParams),
    body: linkBody,
    response: { 201: identitiesSchema },
    async handler({ params, body, caller }) {
      const isSelf = actsOnSelf(caller, params.id, { anyone });
      const user = await targetOf(deps.db, params.id, isSelf);
      const identityId = await wantedIdentity(deps, { body, caller, isSelf });
      await linkIdentity(deps, {
        userId: user.id,
        identityId,
        connectionId: body.connection_id ?? null,
      });
      return showIdentities(deps, await userOf(deps.db, user.id), tokenReader(deps, caller));
    },
  });

  route(api, {
    method: 'DELETE',
    url: '/users/:id/identities/:provider/:user_id',
    scopes,
    summary: 'Unlink an identity of a user',
    description:
      'The identity becomes a user of its own again, with its old profile and without metadata.',
    tags,
    params: Type.Object({
      ...idParams,
      provider: Type.String({ description: 'Identity provider of the identity' }),
      user_id: Type.String({ description: 'ID of the identity at its provider' }),
    }),
    response: { 200: identitiesSchema },
    async handler({ params, caller }) {
      const isSelf = actsOnSelf(caller, params.id, { anyone });
      const user = await targetOf(deps.db, params.id, isSelf);
      const identityId = await fullId(deps.db, params.provider, params.user_id);
      await separateIdentity(deps, { userId: user.id, identityId });
      return showIdentities(deps, await userOf(deps.db, user.id), tokenReader(deps, caller));
    },
  });
}

/** @throws ApiError 400 if the body does not say which user to link, or if it names the user in a way that is no proof */
async function wantedIdentity(
  deps: IdentityDeps,
  { body, caller, isSelf }: { body: Static<typeof linkBody>; caller: Caller; isSelf: boolean },
): Promise<string> {
  const { provider, user_id: userId, link_with: token } = body;
  if (token !== undefined) {
    const others = ['provider', 'user_id', 'connection_id'].find((name) => name in body);
    if (others !== undefined) {
      throw badRequest(
        `Payload validation error: 'Additional properties not allowed: ${others}' on property link_with.`,
      );
    }
    const identityId = await subjectOfLinkToken(deps, token, caller.clientId);
    const identity = await findAccount(deps.db, identityId);
    if (!identity) throw badRequest('Provided secondary account not found.');
    if (identity.blocked === true) throw badRequest('Unable to link with the secondary account.');
    return identityId;
  }
  // A caller who acts on their own account must prove that the other account is theirs.
  if (isSelf) requireScope(caller, anyone);
  const missing = provider === undefined ? 'provider' : 'user_id';
  if (provider === undefined || userId === undefined) {
    throw badRequest(`Payload validation error: 'Missing required property: ${missing}'.`);
  }
  return fullId(deps.db, provider, String(userId));
}

/**
 * The secondary user. `auth0|x` with provider `auth0` is read as a whole user ID. If no such user exists, it is read as the
 * ID at the provider.
 */
async function fullId(db: BaseDeps['db'], provider: string, given: string): Promise<string> {
  const added = `${provider}|${given}`;
  if (given.includes('\0') || !given.startsWith(`${provider}|`)) return added.replaceAll('\0', '');
  return (await findAccount(db, given)) === null && (await findAccount(db, added)) !== null
    ? added
    : given;
}
