import { type Static, Type } from 'typebox';
import type { Db } from '../../../platform/db/db.ts';
import { isOwn } from '../../../records/connections/connections.ts';
import {
  findOrganization,
  type Organization,
  type OrganizationConnection,
} from '../../../records/organizations/organizations.ts';
import { closed, freeObject, notFound, nullable } from '../route/route.ts';

export const organizationParams = Type.Object({
  id: Type.String({ minLength: 1, maxLength: 50, description: 'Organization identifier' }),
});

const color = (description: string) => Type.String({ format: 'html-color', description });
const branding = closed(
  {
    logo_url: Type.Optional(
      nullable(
        Type.String({
          format: 'strict-https-uri-or-null',
          description: 'URL of logo to display on login page',
        }),
      ),
    ),
    colors: Type.Optional(
      closed({
        primary: color('HEX Color for primary elements'),
        page_background: color('HEX Color for background'),
      }),
    ),
  },
  { description: 'Branding of the login pages' },
);
const count = Type.Optional(Type.Integer({ minimum: 1, maximum: 2_147_483_647 }));
const tokenQuota = closed(
  {
    client_credentials: closed(
      {
        enforce: Type.Optional(Type.Boolean()),
        per_day: count,
        per_hour: count,
      },
      { minProperties: 1 },
    ),
  },
  { description: 'Token quotas of the organization' },
);
const metadata = Type.Unsafe<Record<string, string | null>>({
  type: 'object',
  maxProperties: 25,
  propertyNames: { maxLength: 255 },
  additionalProperties: { type: ['string', 'null'], maxLength: 255 },
  description: 'Metadata associated with the organization',
});

const name = Type.String({
  minLength: 1,
  maxLength: 50,
  format: 'organization-name',
  description: 'The name of this organization',
});
const displayName = Type.String({
  minLength: 1,
  maxLength: 255,
  description: 'Friendly name of this organization',
});

export const connectionSettings = {
  assign_membership_on_login: Type.Optional(
    Type.Boolean({
      description: 'Whether every user who signs in with this connection becomes a member',
    }),
  ),
  is_signup_enabled: Type.Optional(
    Type.Boolean({ description: 'Whether people can sign up. Only for database connections.' }),
  ),
  show_as_button: Type.Optional(
    Type.Boolean({
      description:
        'Whether the login page of the organization shows a button for the connection. Only for identity providers. Default: true.',
    }),
  ),
};
const connectionId = Type.String({
  minLength: 1,
  maxLength: 50,
  description: 'ID of the connection',
});
export const enableBody = closed({ connection_id: connectionId, ...connectionSettings });

export const createOrganizationBody = closed({
  name,
  display_name: Type.Optional(displayName),
  branding: Type.Optional(branding),
  metadata: Type.Optional(metadata),
  token_quota: Type.Optional(tokenQuota),
  enabled_connections: Type.Optional(Type.Array(enableBody, { maxItems: 10 })),
});
export const updateOrganizationBody = closed({
  name: Type.Optional(name),
  display_name: Type.Optional(displayName),
  branding: Type.Optional(branding),
  metadata: Type.Optional(metadata),
  token_quota: Type.Optional(nullable(tokenQuota)),
});

export const enabledConnectionSchema = Type.Object({
  connection_id: connectionId,
  assign_membership_on_login: Type.Boolean(),
  is_signup_enabled: Type.Boolean(),
  show_as_button: Type.Boolean(),
  connection: Type.Object({
    name: Type.String({ description: 'Name of the connection' }),
    strategy: Type.String({ description: 'Strategy of the connection' }),
  }),
});
export const organizationSchema = Type.Object({
  id: Type.String({ description: 'Organization identifier' }),
  name: Type.String({ description: 'The name of this organization' }),
  display_name: Type.Optional(Type.String({ description: 'Friendly name of this organization' })),
  branding: Type.Optional(freeObject('Branding of the login pages')),
  metadata: Type.Optional(freeObject('Metadata associated with the organization')),
  enabled_connections: Type.Optional(Type.Array(enabledConnectionSchema)),
});

/** @param isSummary whether to omit the fields that require `read:organizations` */
export function toWireOrganization(
  organization: Organization,
  isSummary = false,
): Static<typeof organizationSchema> {
  const { displayName, branding, metadata } = organization;
  return {
    id: organization.id,
    name: organization.name,
    ...(displayName !== null && { display_name: displayName }),
    ...(branding !== null && !isSummary && { branding }),
    ...(metadata !== null && !isSummary && { metadata }),
  };
}

export function toWireEnabled(
  enabled: OrganizationConnection,
  connection: { name: string; strategy: string },
): Static<typeof enabledConnectionSchema> {
  return {
    connection_id: enabled.connectionId,
    assign_membership_on_login: enabled.assignMembershipOnLogin,
    is_signup_enabled: enabled.isSignupEnabled,
    show_as_button: isOwn(connection.strategy) || enabled.showAsButton,
    connection: { name: connection.name, strategy: connection.strategy },
  };
}

export function noOrganization() {
  return notFound('No organization found by that id or name');
}

/**
 * The organization of a path.
 * @throws ApiError 404
 */
export async function needOrganization(db: Db, id: string): Promise<Organization> {
  const organization = await findOrganization(db, id);
  if (organization === null) throw noOrganization();
  return organization;
}
