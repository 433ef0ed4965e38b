import { errors, interactionPolicy, type KoaContextWithOIDC } from 'oidc-provider';
import { acceptInvitation } from '../../../flows/accept-invitation/accept-invitation.ts';
import {
  enterOrganization,
  notPartOf,
  organizationRules,
} from '../../../flows/enter-organization/enter-organization.ts';
import { sha256 } from '../../../platform/crypto/crypto.ts';
import { coverageOf } from '../../../records/clients/clients.ts';
import { findInvitationBySecret } from '../../../records/invitations/invitations.ts';
import { findUser } from '../../../records/users/users.ts';
import { standingIn } from '../../../steps/judge-standing/judge-standing.ts';
import type { LibraryClients } from '../clients/clients.ts';
import type { AuthenticationDeps } from '../deps.ts';
import {
  CONNECTION_NOT_ENABLED,
  isConnectionOfOrganization,
  organizationAllowed,
  organizationIn,
} from '../tokens/tokens.ts';
import { noteAcceptance } from './accepting-handoff.ts';
import { SECOND_FACTOR_PROMPT } from './second-factor-prompt.ts';

/** The prompt for the choice of an organization, or the acceptance of an invitation. */
export const ORGANIZATION_PROMPT = 'organization';

type Client = NonNullable<KoaContextWithOIDC['oidc']['client']>;
type Deps = Pick<
  AuthenticationDeps,
  'db' | 'clock' | 'audit' | 'log' | 'enqueue' | 'directories' | 'keys' | 'publicUrl'
> & {
  clients: LibraryClients;
};

/**
 * Checks `organization` of a request to /authorize against the settings of its client, and replaces the organization's name with its ID.
 */
export function organizationParam({ db, clients }: Deps) {
  return async (
    ctx: KoaContextWithOIDC,
    wanted: string | undefined,
    client: Client,
  ): Promise<void> => {
    const { params } = ctx.oidc;
    const record = clients.recordOf(client);
    const rules = organizationRules(record);
    const { usage, prompt } = rules;
    const coverage = coverageOf(record.settings.callbacks, String(params?.redirect_uri));
    // A native application's loopback address needs no pattern.
    const names = coverage === 'everybody' ? [] : coverage;
    if (!wanted) {
      if (names.length > 0) throw new errors.InvalidRedirectUri();
      if (usage !== 'require' || prompt !== 'no_prompt') return;
      throw new errors.InvalidRequest('parameter organization is required for this client');
    }
    const found = await organizationAllowed(db, rules, wanted);
    if (typeof found === 'string') throw new errors.InvalidRequest(found);
    if (names.length > 0 && !names.includes(found.name)) throw new errors.InvalidRedirectUri();
    if (params) params.organization = found.id;
    const name = params?.connection;
    if (
      typeof name !== 'string' ||
      name === '' ||
      (await isConnectionOfOrganization(db, found.id, name))
    )
      return;
    throw new errors.InvalidRequest(CONNECTION_NOT_ENABLED);
  };
}

/** Checks `invitation`. Runs after {@link organizationParam}. */
export function invitationParam({ db, clock }: Deps) {
  return async (ctx: KoaContextWithOIDC, ticket: string | undefined): Promise<void> => {
    const { params } = ctx.oidc;
    if (!ticket || !params) return;
    const { organization } = params;
    if (typeof organization !== 'string') {
      throw new errors.InvalidRequest('parameter invitation requires parameter organization');
    }
    const found = await findInvitationBySecret(db, sha256(ticket));
    const invitation = found?.invitation.organizationId === organization ? found.invitation : null;
    // A second click on an accepted invitation is an ordinary login.
    if (invitation?.state === 'accepted') {
      params.invitation = undefined;
      return;
    }
    if (invitation?.state !== 'pending') {
      throw new errors.InvalidRequest('invitation not found or already used');
    }
    // Our page offers a new link, where it may and can be shown.
    const isRenewable = found?.campaign.plan.renewable !== false && params.prompt !== 'none';
    if (invitation.expiresAt <= clock.now() && !isRenewable) {
      throw new errors.InvalidRequest('invitation has expired');
    }
  };
}

/** Adds the prompt and checks for logins to organizations to the policy. */
export function withOrganizations(
  prompts: interactionPolicy.DefaultPolicy,
  deps: Deps,
): interactionPolicy.DefaultPolicy {
  prompts.get('login')?.checks.add(foreignStoreCheck(deps));
  prompts.add(organizationPrompt(deps));
  return prompts;
}

/**
 * Returns the prompt that follows the login. A user gets a code for an organization only as a member at that moment: after a new login or
 * with a session, with pages or without (`prompt=none`).
 */
function organizationPrompt(deps: Deps): interactionPolicy.Prompt {
  return new interactionPolicy.Prompt(
    { name: ORGANIZATION_PROMPT, requestable: false },
    new interactionPolicy.Check(
      'organization_needed',
      'the organization must be chosen',
      'interaction_required',
      (ctx) => mustChoose(deps, ctx),
    ),
    new interactionPolicy.Check(
      'invitation_unanswered',
      'the invitation must be accepted',
      'interaction_required',
      (ctx) => isUnanswered(ctx),
    ),
    new interactionPolicy.Check(
      'not_a_member',
      'the user is not part of the organization',
      'access_denied',
      (ctx) => enterOrFail(deps, ctx),
    ),
  );
}

/** Returns the check of `login` that rejects a session with a connection that the organization does not use. */
function foreignStoreCheck({ db }: Deps): interactionPolicy.Check {
  return new interactionPolicy.Check(
    'foreign_store',
    'End-User authentication is required',
    'login_required',
    async (ctx) => {
      const organizationId = organizationIn(ctx);
      const user = organizationId === null ? null : await accountOf({ db }, ctx);
      if (organizationId === null || user === null) return false;
      return (await standingIn(db, { organizationId, user })).kind === 'foreign_store';
    },
  );
}

function mustChoose({ clients }: Deps, ctx: KoaContextWithOIDC): boolean {
  const { client, account, result } = ctx.oidc;
  if (!client || !account || organizationIn(ctx) !== null) return false;
  const { usage, prompt } = organizationRules(clients.recordOf(client));
  if (usage === 'require') return true;
  // An optional organization is asked for once, and not if no page can be shown.
  const isChoice = usage === 'allow' && prompt === 'post_login_prompt';
  return isChoice && !ctx.oidc.prompts.has('none') && result?.[ORGANIZATION_PROMPT] === undefined;
}

function isUnanswered(ctx: KoaContextWithOIDC): boolean {
  const { account, params, result } = ctx.oidc;
  if (!account || !params?.invitation || organizationIn(ctx) === null) return false;
  return !hasLoggedIn(ctx) && result?.[ORGANIZATION_PROMPT] === undefined;
}

/** Returns whether the user has logged in. A second factor alone is no login. */
function hasLoggedIn({ oidc: { result } }: KoaContextWithOIDC): boolean {
  return result?.login !== undefined && result[SECOND_FACTOR_PROMPT] === undefined;
}

async function enterOrFail(deps: Deps, ctx: KoaContextWithOIDC): Promise<boolean> {
  const organizationId = organizationIn(ctx);
  const user = organizationId === null ? null : await accountOf(deps, ctx);
  const { client, params } = ctx.oidc;
  if (organizationId === null || user === null || !client || isUnanswered(ctx)) return false;
  if (organizationRules(deps.clients.recordOf(client)).usage === 'deny') {
    throw new errors.InvalidRequest('parameter organization is not allowed for this client');
  }
  const login = { organizationId, user, clientId: client.clientId };
  const secret = typeof params?.invitation === 'string' ? params.invitation : '';
  if (secret !== '' && (await standingIn(deps.db, login)).kind !== 'foreign_store') {
    const proof = { kind: 'account', userId: user.id, hasLoggedIn: hasLoggedIn(ctx) } as const;
    const fields = fieldsIn(ctx);
    const outcome = await acceptInvitation(deps, { secret, organizationId, proof, fields });
    // The page explains it, and offers to log in with another account, or asks for the fields.
    if (outcome.kind === 'wrong-account' || outcome.kind === 'fields') return true;
    if (outcome.kind === 'done') noteAcceptance(ctx, outcome.handoff);
    // If the invitation was used or revoked in the meantime, perhaps by the same user, the membership decides.
  }
  const entry = await enterOrganization(deps, login);
  if (entry.kind === 'entered') return false;
  throw new errors.AccessDenied(notPartOf(user.id, organizationId));
}

/** Returns the fields of the invitation that the page of the prompt has asked for. */
function fieldsIn({ oidc: { result } }: KoaContextWithOIDC): Record<string, unknown> {
  const answer = result?.[ORGANIZATION_PROMPT];
  if (typeof answer !== 'object' || answer === null || !('fields' in answer)) return {};
  const { fields } = answer;
  return typeof fields === 'object' && fields !== null ? { ...fields } : {};
}

async function accountOf({ db }: Pick<Deps, 'db'>, ctx: KoaContextWithOIDC) {
  const { account } = ctx.oidc;
  return account ? findUser(db, account.accountId) : null;
}
