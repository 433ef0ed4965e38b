import type { Db } from '../../platform/db/db.ts';
import { type Client, findClients } from '../../records/clients/clients.ts';
import {
  defaultCustomDomain,
  domainMetadataOf,
} from '../../records/custom-domains/custom-domains.ts';
import type { Campaign, InvitationOfCampaign } from '../../records/invitations/invitations.ts';
import { findOrganization, type Organization } from '../../records/organizations/organizations.ts';
import { findRole, type Role } from '../../records/roles/roles.ts';
import { tenantSettings } from '../../records/settings/settings.ts';

/** Everything that the mail of one invitation to an organization needs. */
export type OrganizationInvitationMail = InvitationOfCampaign & {
  organization: Organization;
  client: Client;
  roles: Role[];
  /** The URL where the acceptance begins, or `null` if no login route is configured any more. */
  loginRoute: string | null;
  /** Metadata of the default domain, which the route may refer to. */
  domainMetadata: Record<string, string>;
};

/** Returns whether the link of the campaign's mails begins a login to the organization. */
export function leadsToOrganization({ plan }: Campaign): boolean {
  return plan.linkTo === 'login_route';
}

/** Reads what the mails of invitations to organizations need, by invitation id. */
export async function readOrganizationMails(
  db: Db,
  invited: InvitationOfCampaign[],
): Promise<Map<string, OrganizationInvitationMail>> {
  const mails = new Map<string, OrganizationInvitationMail>();
  if (invited.length === 0) return mails;
  const plans = invited.map(({ campaign }) => campaign.plan);
  const clients = await findClients(db, [
    ...new Set(invited.flatMap(({ invitation }) => invitation.clientId ?? [])),
  ]);
  const roles: Role[] = [];
  for (const id of new Set(plans.flatMap((plan) => plan.memberRoles ?? []))) {
    const role = await findRole(db, id);
    if (role) roles.push(role);
  }
  const { defaultRedirectionUri } = await tenantSettings(db);
  const domainMetadata = domainMetadataOf(await defaultCustomDomain(db));
  const organizations = new Map<string, Organization | null>();
  for (const id of new Set(invited.flatMap(({ invitation }) => invitation.organizationId ?? []))) {
    organizations.set(id, await findOrganization(db, id));
  }
  for (const { invitation, campaign } of invited) {
    const organization = organizations.get(invitation.organizationId ?? '');
    const client = clients.find((candidate) => candidate.id === invitation.clientId);
    if (!organization || !client) continue;
    mails.set(invitation.id, {
      invitation,
      campaign,
      organization,
      client,
      roles: roles.filter((role) => campaign.plan.memberRoles?.includes(role.id)),
      loginRoute: client.settings.initiateLoginUri ?? defaultRedirectionUri,
      domainMetadata,
    });
  }
  return mails;
}
