import { type Static, Type } from 'typebox';
import {
  type InviteDeps,
  inviteToOrganization,
  loginRouteOf,
} from '../../../flows/invite-to-organization/invite-to-organization.ts';
import { endOrganizationInvitation } from '../../../flows/manage-organizations/manage-organizations.ts';
import { isStorableJson } from '../../../platform/packing/packing.ts';
import { findClients } from '../../../records/clients/clients.ts';
import {
  defaultCustomDomain,
  domainMetadataOf,
} from '../../../records/custom-domains/custom-domains.ts';
import {
  findOpenInOrganization,
  type InvitationOfCampaign,
  invitationSecret,
  listOpenInOrganization,
  organizationInvitationUrl,
} from '../../../records/invitations/invitations.ts';
import {
  findOrganization,
  type Organization,
} from '../../../records/organizations/organizations.ts';
import { acceptanceOf, acceptanceProperties, toAcceptance } from '../invitations/invitations.ts';
import { refuseMetadata } from '../metadata/metadata.ts';
import {
  type Api,
  badRequest,
  closed,
  fieldsQuery,
  freeObject,
  notFound,
  offsetPaging,
  pageOf,
  pageQuery,
  pickFields,
  refuseDeep,
  requireScope,
  route,
  sortOf,
  timestamp,
} from '../route/route.ts';
import { organizationParams } from './organization-wire.ts';

const tags = ['organizations'];
const url = '/organizations/:id/invitations';
const each = `${url}/:invitation_id`;
const oneParams = Type.Object({
  ...organizationParams.properties,
  invitation_id: Type.String({ minLength: 1, maxLength: 50, description: 'ID of the invitation' }),
});

const common = {
  inviter: closed({
    name: Type.String({ minLength: 1, maxLength: 300, description: "The inviter's name" }),
  }),
  invitee: closed({
    email: Type.String({ format: 'email', description: "The invitee's email" }),
  }),
  client_id: Type.String({
    minLength: 1,
    maxLength: 64,
    description: 'ID of the application where the invited person accepts and signs in',
  }),
};
const extra = {
  connection_id: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 50,
      description: 'ID of the connection with which the invited person must sign in',
    }),
  ),
  app_metadata: Type.Optional(
    freeObject("Metadata that Usher merges into the user's metadata on acceptance"),
  ),
  user_metadata: Type.Optional(
    freeObject("Metadata that Usher merges into the user's metadata on acceptance"),
  ),
  roles: Type.Optional(
    Type.Array(Type.String({ minLength: 1, maxLength: 50 }), {
      minItems: 1,
      maxItems: 50,
      description: 'IDs of roles in the organization that the user gets on acceptance',
    }),
  ),
};
const createBody = closed({
  ...common,
  ...extra,
  ...acceptanceProperties,
  ttl_sec: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: 2_592_000,
      description: 'Lifetime, in seconds. Default, also for 0: 604800 (7 days).',
    }),
  ),
  send_invitation_email: Type.Optional(
    Type.Boolean({ description: 'Whether to send an email. Default: `true`.' }),
  ),
});
const invitationSchema = Type.Object({
  id: Type.String({ description: 'ID of the invitation' }),
  organization_id: Type.String({ description: 'Organization identifier' }),
  inviter: Type.Object({ name: Type.String() }),
  invitee: Type.Object({ email: Type.String() }),
  invitation_url: Type.String({ description: 'URL where the invited person accepts' }),
  ticket_id: Type.String({ description: 'Ticket that the application passes to /authorize' }),
  client_id: common.client_id,
  created_at: timestamp('When the invitation was created'),
  expires_at: timestamp('When the invitation expires'),
  ...extra,
  ...acceptanceProperties,
});
const partial = Type.Partial(invitationSchema);
const FIELDS = Object.keys(invitationSchema.properties);

const missing = () => notFound('The invitation does not exist.', 'inexistent_invitation');

/** `/organizations/{id}/invitations`: invitations to become a member. */
export function organizationInvitationRoutes(api: Api, deps: InviteDeps): void {
  const { db } = deps;
  const noOrganization = () => notFound('No organization found by that id.');
  const need = async (id: string): Promise<Organization> => {
    const organization = await findOrganization(db, id);
    if (organization === null) throw noOrganization();
    return organization;
  };

  route(api, {
    method: 'POST',
    url,
    scopes: ['create:organization_invitations'],
    summary: 'Invite a person to an organization',
    description:
      'The application must allow organizations and have a login route: its `initiate_login_uri`, or ' +
      '`default_redirection_uri` of the tenant. It passes `invitation` and `organization` on to /authorize.',
    tags,
    params: organizationParams,
    body: createBody,
    response: { 201: invitationSchema },
    handler: async ({ params, body, caller }) => {
      const organization = await need(params.id);
      refuseMetadata(body);
      // At Auth0 this scope gives nothing beyond the organization.
      if (body.permissions !== undefined) requireScope(caller, ['create:invitations']);
      if (body.connection_id !== undefined && body.connections !== undefined) {
        throw badRequest(
          "Payload validation error: 'connection_id' cannot be combined with 'connections'.",
        );
      }
      if (!isStorableJson(body.data ?? {})) {
        throw badRequest("Payload validation error: 'Contains characters that cannot be stored'.");
      }
      const invitation = await inviteToOrganization(deps, {
        organization,
        inviterName: body.inviter.name,
        email: body.invitee.email,
        clientId: body.client_id,
        connectionId: body.connection_id ?? null,
        appMetadata: body.app_metadata ?? null,
        userMetadata: body.user_metadata ?? null,
        ttlSeconds: body.ttl_sec ?? 0,
        roles: body.roles ?? [],
        acceptance: acceptanceOf(body),
        sendMail: body.send_invitation_email ?? true,
      });
      return (await toWire(deps, organization, [invitation]))[0];
    },
  });
  route(api, {
    method: 'GET',
    url,
    scopes: ['read:organization_invitations'],
    summary: 'List the open invitations of an organization',
    description: 'Omits invitations that were accepted or deleted. There is no total.',
    tags,
    params: organizationParams,
    query: closed({
      ...pageQuery,
      ...fieldsQuery(FIELDS),
      sort: Type.Optional(
        Type.String({
          maxLength: 50,
          description: 'Sort order: `created_at:-1` or `created_at:1`. Default: `created_at:-1`.',
        }),
      ),
    }),
    response: { 200: pageOf('invitations', partial) },
    handler: async ({ params, query }) => {
      const organization = await need(params.id);
      const paging = offsetPaging(query);
      const sort = sortOf(query.sort, { created_at: 'created_at' });
      refuseDeep(paging);
      const { offset, limit } = paging;
      const found = await listOpenInOrganization(db, {
        organizationId: organization.id,
        offset,
        limit,
        oldestFirst: sort !== undefined && !sort.descending,
      });
      const shown = (await toWire(deps, organization, found)).map((each) =>
        pickFields(each, query),
      );
      if (!paging.totals) return shown;
      return { invitations: shown, start: offset, limit: shown.length };
    },
  });
  route(api, {
    method: 'GET',
    url: each,
    scopes: ['read:organization_invitations'],
    summary: 'Get an open invitation of an organization',
    tags,
    params: oneParams,
    query: closed(fieldsQuery(FIELDS)),
    response: { 200: partial },
    handler: async ({ params, query }) => {
      const organization = await need(params.id);
      const key = { organizationId: organization.id, id: params.invitation_id };
      const invitation = await findOpenInOrganization(db, key);
      if (invitation === null) throw missing();
      const [shown] = await toWire(deps, organization, [invitation]);
      return pickFields(shown ?? {}, query);
    },
  });
  route(api, {
    method: 'DELETE',
    url: each,
    scopes: ['delete:organization_invitations'],
    summary: 'Revoke an invitation to an organization',
    description: 'Its link stops working. Returns 204 even if the invitation does not exist.',
    tags,
    params: oneParams,
    response: { 204: null },
    handler: async ({ params }) => {
      const key = { organizationId: params.id, id: params.invitation_id };
      const outcome = await endOrganizationInvitation(deps, key);
      if (outcome.kind === 'no_organization') throw noOrganization();
    },
  });
}

/**
 * Invitations in wire format. The link is made each time, because it is stored nowhere. The number of queries grows with the
 * number of applications, not of invitations.
 */
async function toWire(
  { db, keys }: InviteDeps,
  organization: Organization,
  found: InvitationOfCampaign[],
): Promise<Partial<Static<typeof invitationSchema>>[]> {
  const clients = await findClients(db, [
    ...new Set(found.flatMap(({ invitation }) => invitation.clientId ?? [])),
  ]);
  const about = { organization, domainMetadata: domainMetadataOf(await defaultCustomDomain(db)) };
  const routes = new Map<string, string | null>();
  for (const client of clients) routes.set(client.id, await loginRouteOf(db, client));
  return found.map(({ invitation, campaign }) => {
    const clientId = invitation.clientId ?? '';
    const loginRoute = routes.get(clientId);
    const ticket = invitationSecret(keys.ticket, invitation);
    const { connectionIds, appMetadata, userMetadata, memberRoles, inviter } = campaign.plan;
    // Auth0's field names one connection.
    const [connectionId, ...others] = connectionIds ?? [];
    return {
      id: invitation.id,
      organization_id: organization.id,
      inviter: { name: inviter?.name ?? '' },
      invitee: { email: invitation.email },
      invitation_url: (loginRoute && organizationInvitationUrl(loginRoute, about, ticket)) || '',
      ticket_id: ticket,
      client_id: clientId,
      created_at: invitation.createdAt.toISOString(),
      expires_at: invitation.expiresAt.toISOString(),
      ...(connectionId !== undefined && others.length === 0 && { connection_id: connectionId }),
      ...(appMetadata && { app_metadata: appMetadata }),
      ...(userMetadata && { user_metadata: userMetadata }),
      ...(memberRoles && { roles: memberRoles }),
      ...toOwnFields(invitation, campaign),
    };
  });
}

/** Fields that Auth0's invitations do not have. Defaults stay out, so that answers are those that its clients know. */
function toOwnFields(
  invitation: InvitationOfCampaign['invitation'],
  { plan }: InvitationOfCampaign['campaign'],
) {
  const { connections, email_policy, renewable, ...rest } = toAcceptance(invitation, plan);
  return {
    ...rest,
    ...(connections && connections.length > 1 && { connections }),
    ...(email_policy !== 'same' && { email_policy }),
    ...(!renewable && { renewable }),
  };
}
