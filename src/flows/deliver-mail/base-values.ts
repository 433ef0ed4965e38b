import type { Language } from '../../platform/locales/locales.ts';
import type { Client } from '../../records/clients/clients.ts';
import type { Connection } from '../../records/connections/connections.ts';
import {
  type CustomDomain,
  domainMetadataOf,
} from '../../records/custom-domains/custom-domains.ts';
import type { Organization } from '../../records/organizations/organizations.ts';
import type { TenantSettings } from '../../records/settings/settings.ts';
import type { LookSources } from '../../steps/choose-look/choose-look.ts';
import { inWords } from './in-words.ts';
import { brandingValues } from './mail-look.ts';
import type { MailRecipient } from './mail-recipient.ts';

/** The operator's name and addresses, as far as they are set. */
export type ContactDetails = Pick<TenantSettings, 'friendlyName' | 'supportEmail' | 'supportUrl'>;

export type BaseInput = {
  contact: ContactDetails;
  look: LookSources;
  publicUrl: string;
  /** The custom domain of the mail's link, or `null`. */
  customDomain: CustomDomain | null;
  /** The sender. Its name is the operator's name if no other is set. */
  from: string;
  /** Language of the built-in mail. */
  language: Language;
  /** The requested language, as it was given. */
  requestedLocale: string | null;
  recipient: MailRecipient;
  client: Client | undefined;
  /** The organization that the mail belongs to. */
  organization: Organization | null;
  connection: Connection | undefined;
  /** The address of the attempts that the mail reports. */
  sourceIp?: string;
};

export type BaseValues = ReturnType<typeof baseValues>;

/** Returns the values that every mail has. Existing Auth0 templates use these names (spec §4.7). */
export function baseValues(input: BaseInput) {
  const { contact, recipient, client } = input;
  const { host, hostname } = new URL(input.publicUrl);
  const friendlyName =
    contact.friendlyName ?? /^\s*"?([^"<]+?)"?\s*</.exec(input.from)?.[1] ?? host;
  const metadata = client?.settings.clientMetadata ?? {};
  const application = {
    name: client?.name ?? '',
    clientID: client?.id ?? '',
    client_id: client?.id ?? '',
    client_metadata: metadata,
    metadata,
    callback_domain: originOf(client?.settings.callbacks[0]),
  };
  return {
    branding: brandingValues(input.look, {
      organization: input.organization,
      appLogo: client?.settings.logoUri ?? null,
      name: friendlyName,
    }),
    application,
    client: application,
    connection: {
      name: input.connection?.name ?? '',
      display_name: input.connection?.displayName ?? '',
    },
    request_language: input.requestedLocale ?? input.language,
    tenant: hostname,
    custom_domain: {
      domain: input.customDomain?.domain ?? hostname,
      domain_metadata: domainMetadataOf(input.customDomain),
    },
    friendly_name: friendlyName,
    place: client?.name || friendlyName,
    support_email: contact.supportEmail ?? '',
    support_url: contact.supportUrl ?? '',
    user: {
      user_id: recipient.id ?? '',
      email: recipient.email,
      email_verified: recipient.emailVerified,
      picture: recipient.picture ?? '',
      nickname: recipient.nickname ?? '',
      given_name: recipient.givenName ?? '',
      family_name: recipient.familyName ?? '',
      name: recipient.name ?? '',
      source_ip: input.sourceIp ?? '',
      username: recipient.username ?? '',
      app_metadata: recipient.appMetadata ?? {},
      user_metadata: recipient.userMetadata ?? {},
    },
  };
}

/** A mail's link, or `null` for a mail without one. */
export type Link = { url: string; expiresAt: Date } | null;

export type LinkValues = ReturnType<typeof linkValues>;

/** Returns the values of a mail's link. All are '' without one. */
export function linkValues(link: Link, language: Language) {
  return {
    url: link?.url ?? '',
    link: link?.url ?? '',
    // In words.
    expires: link ? inWords(link.expiresAt, language) : '',
    expires_at: link?.expiresAt.toISOString() ?? '',
  };
}

// An operator's template may read these in every mail.
const WITHOUT_VALUE = {
  ...linkValues(null, 'en'),
  inviter: { name: '' },
  roles: [],
  app_metadata: {},
  user_metadata: {},
};

/**
 * Returns everything that a template can read.
 * @param others what only operators' templates read, such as an invitation's `template_data`. It replaces no value of the mail.
 */
export function templateVariables(
  values: BaseValues,
  others: Record<string, unknown>,
): Record<string, unknown> {
  return { ...others, ...WITHOUT_VALUE, ...values };
}

function originOf(url: string | undefined): string {
  return url !== undefined && URL.canParse(url) ? new URL(url).origin : '';
}
