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
  organizationInvitationSecret,
  organizationInvitationUrl,
} from '../../records/organization-invitations/organization-invitations.ts';
import { findOrganization, type Organization } from '../../records/organizations/organizations.ts';
import { findRole, type Role } from '../../records/roles/roles.ts';
import { tenantSettings } from '../../records/settings/settings.ts';
import type { User } from '../../records/users/users.ts';
import { strangerWith } from './stranger.ts';

/** Everything that the mail of one invitation to an organization needs. */
export type OrganizationLetter = {
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
  const id = message.data?.organization_invitation_id;
  return message.template === 'user_invitation' && typeof id === 'string' ? id : null;
}

/** Reads what the organization invitations of a batch need, by invitation id. */
export async function readLetters(
  db: Db,
  messages: Message[],
): Promise<Map<string, OrganizationLetter>> {
  const ids = [...new Set(messages.flatMap((message) => organizationInvitationOf(message) ?? []))];
  const letters = new Map<string, OrganizationLetter>();
  if (ids.length === 0) return letters;
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
    letters.set(invitation.id, {
      invitation,
      organization,
      client,
      roles: roles.filter((role) => invitation.roles.includes(role.id)),
      loginRoute: client.settings.initiateLoginUri ?? defaultRedirectionUri,
      domainMetadata,
    });
  }
  return letters;
}

/** Returns the URL of the acceptance, or `null` if the mail must not be sent any more. */
export function letterLink(
  letter: OrganizationLetter,
  ticketKey: Buffer,
  now: Date,
): { url: string; expiresAt: Date } | null {
  const { invitation, organization, loginRoute, domainMetadata } = letter;
  if (invitation.state !== 'pending' || invitation.expiresAt <= now || loginRoute === null) {
    return null;
  }
  const secret = organizationInvitationSecret(ticketKey, invitation);
  const url = organizationInvitationUrl(loginRoute, { organization, domainMetadata }, secret);
  return url === null ? null : { url, expiresAt: invitation.expiresAt };
}

/** Returns a placeholder user with nothing but the invitation's data. */
export function invitee(invitation: OrganizationInvitation): User {
  const { email, appMetadata, userMetadata, createdAt } = invitation;
  return strangerWith({ connectionId: '', email, appMetadata, userMetadata, createdAt });
}

/** Returns the variables of an organization invitation, in addition to those of every mail (spec §4.7). */
export function letterVariables(letter: OrganizationLetter): Record<string, unknown> {
  const { invitation, roles } = letter;
  return {
    inviter: { name: invitation.inviterName },
    roles: roles.map(({ id, name, description }) => ({ id, name, description: description ?? '' })),
    app_metadata: invitation.appMetadata ?? {},
    user_metadata: invitation.userMetadata ?? {},
  };
}
