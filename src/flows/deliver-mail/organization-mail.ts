import type { Db } from '../../platform/db/db.ts';
import { type Client, findClients } from '../../records/clients/clients.ts';
import {
  defaultCustomDomain,
  domainMetadataOf,
} from '../../records/custom-domains/custom-domains.ts';
import type { Message } from '../../records/messages/messages.ts';
import {
  findOrganizationInvitations,
  type OrganizationInvitation,
} from '../../records/organization-invitations/organization-invitations.ts';
import { findOrganization, type Organization } from '../../records/organizations/organizations.ts';
import { findRole, type Role } from '../../records/roles/roles.ts';
import { tenantSettings } from '../../records/settings/settings.ts';

/** Everything that the mail of one invitation to an organization needs. */
export type OrganizationInvitationMail = {
  invitation: OrganizationInvitation;
  organization: Organization;
  client: Client;
  roles: Role[];
  /** The URL where the acceptance begins, or `null` if no login route is configured any more. */
  loginRoute: string | null;
  /** Metadata of the default domain, which the route may refer to. */
  domainMetadata: Record<string, string>;
};

/** Returns the id of the organization invitation that a message is about, or `null` for other messages. */
export function organizationInvitationOf(message: Message): string | null {
  return message.template === 'user_invitation' && message.data !== null
    ? message.data.organizationInvitationId
    : null;
}

/** Reads what the organization invitations of a batch need, by invitation id. */
export async function readOrganizationMails(
  db: Db,
  messages: Message[],
): Promise<Map<string, OrganizationInvitationMail>> {
  const ids = [...new Set(messages.flatMap((message) => organizationInvitationOf(message) ?? []))];
  const mails = new Map<string, OrganizationInvitationMail>();
  if (ids.length === 0) return mails;
  const invitations = await findOrganizationInvitations(db, ids);
  const clients = await findClients(db, [
    ...new Set(invitations.map((invitation) => invitation.clientId)),
  ]);
  const roles: Role[] = [];
  for (const id of new Set(invitations.flatMap((invitation) => invitation.roles))) {
    const role = await findRole(db, id);
    if (role) roles.push(role);
  }
  const { defaultRedirectionUri } = await tenantSettings(db);
  const domainMetadata = domainMetadataOf(await defaultCustomDomain(db));
  const organizations = new Map<string, Organization | null>();
  for (const id of new Set(invitations.map((invitation) => invitation.organizationId))) {
    organizations.set(id, await findOrganization(db, id));
  }
  for (const invitation of invitations) {
    const organization = organizations.get(invitation.organizationId);
    const client = clients.find((candidate) => candidate.id === invitation.clientId);
    if (!organization || !client) continue;
    mails.set(invitation.id, {
      invitation,
      organization,
      client,
      roles: roles.filter((role) => invitation.roles.includes(role.id)),
      loginRoute: client.settings.initiateLoginUri ?? defaultRedirectionUri,
      domainMetadata,
    });
  }
  return mails;
}
