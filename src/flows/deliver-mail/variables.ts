import type { Language } from '../../platform/locales/locales.ts';
import type { Client } from '../../records/clients/clients.ts';
import type { Connection } from '../../records/connections/connections.ts';
import {
  type CustomDomain,
  domainMetadataOf,
} from '../../records/custom-domains/custom-domains.ts';
import type { Campaign, Invitation } from '../../records/invitations/invitations.ts';
import type { Organization } from '../../records/organizations/organizations.ts';
import type { User } from '../../records/users/users.ts';
import type { LookSources } from '../../steps/choose-look/choose-look.ts';
import { inWords } from './languages.ts';
import { lookVariables } from './mail-look.ts';

/** The operator's names and addresses, as far as they are set. */
export type About = {
  friendlyName?: string | undefined;
  supportEmail?: string | undefined;
  supportUrl?: string | undefined;
};

/** Returns the variables of a template. Existing Auth0 templates use these names (spec §4.7). */
export function variablesOf(input: {
  about: About;
  look: LookSources;
  publicUrl: string;
  /** The custom domain of the mail's link, or `null`. */
  customDomain: CustomDomain | null;
  /** The sender. Its name is the operator's name if no other is set. */
  from: string;
  /** Language of the built-in mail. */
  language: Language;
  /** The requested language, as it was given. */
  wish: string | null;
  user: User;
  client: Client | undefined;
  /** The organization that the mail belongs to. */
  organization: Organization | null;
  connection: Connection | undefined;
  invitation: Invitation | undefined;
  campaign: Campaign | undefined;
  data: Record<string, unknown> | null;
  link: { url: string; expiresAt: Date } | null;
}): Record<string, unknown> {
  const { about, user, client, campaign, invitation, language, link } = input;
  const { host, hostname } = new URL(input.publicUrl);
  const friendlyName = about.friendlyName ?? /^\s*"?([^"<]+?)"?\s*</.exec(input.from)?.[1] ?? host;
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
    // First, so that it cannot replace anything below.
    ...campaign?.plan.templateData,
    ...invitation?.data?.templateData,
    ...input.data,
    ...lookVariables(input.look, {
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
    request_language: input.wish ?? language,
    tenant: hostname,
    custom_domain: {
      domain: input.customDomain?.domain ?? hostname,
      domain_metadata: domainMetadataOf(input.customDomain),
    },
    friendly_name: friendlyName,
    place: client?.name || friendlyName,
    support_email: about.supportEmail ?? '',
    support_url: about.supportUrl ?? '',
    user: {
      user_id: user.id,
      email: user.email,
      email_verified: user.emailVerified,
      picture: user.picture ?? '',
      nickname: user.nickname ?? '',
      given_name: user.givenName ?? '',
      family_name: user.familyName ?? '',
      name: user.name ?? '',
      source_ip: input.data?.source_ip ?? '',
      username: user.username ?? '',
      app_metadata: user.appMetadata ?? {},
      user_metadata: user.userMetadata ?? {},
    },
    inviter: { name: campaign?.plan.inviter?.name ?? '' },
    roles: (campaign?.plan.roles ?? []).map((id) => ({ id, name: id, description: '' })),
    app_metadata: { ...campaign?.plan.appMetadata, ...invitation?.data?.appMetadata },
    user_metadata: { ...campaign?.plan.userMetadata, ...invitation?.data?.userMetadata },
    url: link?.url ?? '',
    link: link?.url ?? '',
    expires: link ? inWords(link.expiresAt, language) : '',
    expires_at: link?.expiresAt.toISOString() ?? '',
  };
}

function originOf(url: string | undefined): string {
  return url !== undefined && URL.canParse(url) ? new URL(url).origin : '';
}
