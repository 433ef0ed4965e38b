import type { Db } from '../../platform/db/db.ts';
import { type Client, findClients } from '../../records/clients/clients.ts';
import { type Connection, findConnection } from '../../records/connections/connections.ts';
import {
  type CustomDomain,
  customDomains,
  MAX_DOMAINS,
} from '../../records/custom-domains/custom-domains.ts';
import { type EmailTemplate, findTemplate } from '../../records/email-templates/email-templates.ts';
import {
  type Campaign,
  findCampaigns,
  findInvitations,
  type Invitation,
} from '../../records/invitations/invitations.ts';
import type { Message } from '../../records/messages/messages.ts';
import { findOrganization, type Organization } from '../../records/organizations/organizations.ts';
import { tenantSettings } from '../../records/settings/settings.ts';
import { findTickets, type Ticket } from '../../records/tickets/tickets.ts';
import { findAccounts, type User } from '../../records/users/users.ts';
import { type LookSources, readLookSources } from '../../steps/choose-look/choose-look.ts';
import type { ContactDetails } from './base-values.ts';
import {
  leadsToOrganization,
  type OrganizationInvitationMail,
  readOrganizationMails,
} from './organization-mail.ts';

/** Everything that the mails of a batch refer to, read in a few queries. */
export type MailContext = {
  users: Map<string, User>;
  invitations: Map<string, Invitation>;
  campaigns: Map<string, Campaign>;
  tickets: Map<string, Ticket>;
  clients: Map<string, Client>;
  connections: Map<string, Connection>;
  templates: Map<string, EmailTemplate>;
  /** What invitations to organizations say, by invitation id. */
  organizationMails: Map<string, OrganizationInvitationMail>;
  /** The organizations of tickets and of campaigns, by id. */
  organizations: Map<string, Organization>;
  contact: ContactDetails;
  /** The operator's languages, the default first. */
  locales: string[];
  look: LookSources;
  /** The server's custom domains, by name. */
  domains: Map<string, CustomDomain>;
  /** The domain of links without a named domain; `null` means the host of the public URL. */
  defaultDomain: CustomDomain | null;
};

/** Reads the context of a batch. */
export async function readMailContext(db: Db, messages: Message[]): Promise<MailContext> {
  const idsOf = (pick: (message: Message) => string | null) => [
    ...new Set(messages.flatMap((message) => pick(message) ?? [])),
  ];
  const byId = <T extends { id: string }>(found: T[]) => new Map(found.map((t) => [t.id, t]));
  const users = byId(
    await findAccounts(
      db,
      idsOf((message) => message.userId),
    ),
  );
  const invitations = byId(
    await findInvitations(
      db,
      idsOf((message) => message.invitationId),
    ),
  );
  const campaignIds = new Set([...invitations.values()].map((invitation) => invitation.campaignId));
  const campaigns = byId(await findCampaigns(db, [...campaignIds]));
  const tickets = byId(
    await findTickets(
      db,
      idsOf((message) => message.ticketId),
    ),
  );
  const clientIds = new Set(
    [
      ...[...campaigns.values(), ...tickets.values()].map((each) => each.clientId),
      ...messages.map(clientOfMail),
    ].flatMap((id) => id ?? []),
  );
  const clients = byId(await findClients(db, [...clientIds]));
  const connections = new Map<string, Connection>();
  const connectionIds = [
    ...[...users.values()].map((user) => user.connectionId),
    ...messages.flatMap((message) =>
      message.template === 'sign_up_name_taken' ? message.data.connectionId : [],
    ),
  ];
  for (const id of new Set(connectionIds)) {
    const connection = await findConnection(db, id);
    if (connection) connections.set(id, connection);
  }
  const templates = new Map<string, EmailTemplate>();
  for (const name of new Set(messages.map((message) => message.template))) {
    const template = await findTemplate(db, name);
    if (template?.enabled) templates.set(name, template);
  }
  const organizations = new Map<string, Organization>();
  const organizationIds = [
    ...[...tickets.values()].map((ticket) => ticket.organizationId),
    ...[...campaigns.values()].map((campaign) => campaign.plan.organizationId),
  ];
  for (const id of new Set(organizationIds.flatMap((id) => id ?? []))) {
    const organization = await findOrganization(db, id);
    if (organization) organizations.set(id, organization);
  }
  const organizationMails = await readOrganizationMails(
    db,
    [...invitations.values()].flatMap((invitation) => {
      const campaign = campaigns.get(invitation.campaignId);
      return campaign && leadsToOrganization(campaign) ? [{ invitation, campaign }] : [];
    }),
  );
  const domains = await customDomains(db, { limit: MAX_DOMAINS });
  const settings = await tenantSettings(db);
  return {
    users,
    invitations,
    campaigns,
    tickets,
    clients,
    connections,
    templates,
    organizationMails,
    organizations,
    contact: settings,
    locales: settings.enabledLocales,
    look: await readLookSources(db),
    domains: new Map(domains.map((domain) => [domain.domain, domain])),
    defaultDomain: domains.find((domain) => domain.isDefault) ?? null,
  };
}

/** Returns the id of the application that the mail's own data name, or `null`. */
export function clientOfMail(message: Message): string | null {
  switch (message.template) {
    case 'identity_linked':
    case 'passkey_added':
    case 'sign_up_account_exists':
    case 'sign_up_name_taken':
      return message.data.clientId;
    case 'mfa_oob_code':
      return message.data.clientId ?? null;
    default:
      return null;
  }
}
