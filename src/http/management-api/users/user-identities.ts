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
import { type LinkTokenDeps, subjectOfLinkToken } from './link-token.ts';
import { showIdentities } from './show-users.ts';
import { identitiesSchema } from './user-wire.ts';

export type IdentityDeps = BaseDeps & LinkTokenDeps;

const tags = ['users'];
const scopes = ['update:users', 'update:current_user_identities'] as const;
const anyone = ['update:users'];
const idParams = { id: Type.String({ description: 'ID of the user, `auth0|…`' }) };

const linkBody = closed(
  {
    provider: Type.Optional(
      oneOf(STRATEGIES, { description: 'Identity provider of the secondary user account' }),
    ),
    user_id: Type.Optional(
      Type.Unsafe<string | number>({
        type: ['string', 'integer'],
        minLength: 1,
        maxLength: 600,
        description: 'user_id of the secondary user account, with its prefix or without',
      }),
    ),
    connection_id: Type.Optional(
      Type.String({
        pattern: '^con_[A-Za-z0-9]{16}$',
        description: 'connection_id of the secondary user account',
      }),
    ),
    link_with: Type.Optional(
      Type.String({ maxLength: 20_000, description: 'ID token of the secondary account' }),
    ),
  },
  { minProperties: 1 },
);

/** /users/{id}/identities: one person with several ways to log in. */
export function userIdentityRoutes(api: Api, deps: IdentityDeps): void {
  route(api, {
    method: 'POST',
    url: '/users/:id/identities',
    scopes,
    summary: 'Link a user account',
    description:
      'The other user becomes an identity of this one and is no user of its own any more; its metadata is not merged. With ' +
      '`update:current_user_identities` one links to oneself the account whose ID token is given as `link_with`.',
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
      return showIdentities(deps, await userOf(deps.db, user.id));
    },
  });

  route(api, {
    method: 'DELETE',
    url: '/users/:id/identities/:provider/:user_id',
    scopes,
    summary: 'Unlink a user identity',
    description: 'It is a user of its own again, with the profile it had and without metadata.',
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
      return showIdentities(deps, await userOf(deps.db, user.id));
    },
  });
}

/** @throws ApiError 400 when it isn't said which, or by a token that doesn't prove it */
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
  // Whose account the other one is must be proved by whoever acts for themselves.
  if (isSelf) requireScope(caller, anyone);
  const missing = provider === undefined ? 'provider' : 'user_id';
  if (provider === undefined || userId === undefined) {
    throw badRequest(`Payload validation error: 'Missing required property: ${missing}'.`);
  }
  return fullId(deps.db, provider, String(userId));
}

/** `auth0|x` of provider `auth0` is the whole id of a user, unless there is only one whose id at the provider is just that. */
async function fullId(db: BaseDeps['db'], provider: string, given: string): Promise<string> {
  const added = `${provider}|${given}`;
  if (given.includes('\0') || !given.startsWith(`${provider}|`)) return added.replaceAll('\0', '');
  return (await findAccount(db, given)) === null && (await findAccount(db, added)) !== null
    ? added
    : given;
}
