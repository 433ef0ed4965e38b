import { languageFor, preferredLocale } from '../../platform/locales/locales.ts';
import {
  grantsOf,
  invitationSecret,
  organizationInvitationUrl,
} from '../../records/invitations/invitations.ts';
import { type Link, linkValues } from './base-values.ts';
import { type Batch, baseValuesIn, type Draft, type Unwanted } from './draft.ts';
import { organizationValues } from './mail-look.ts';
import { recipientWithoutAccount } from './mail-recipient.ts';
import type { OrganizationInvitationMail } from './organization-mail.ts';

/** Drafts an invitation to an organization. The recipient may have no account yet. */
export function draftOrganizationMail(
  batch: Batch,
  mail: OrganizationInvitationMail | undefined,
): Draft | Unwanted {
  const { context, keys, now } = batch;
  const link = mail ? linkTo(mail, keys.ticket, now) : null;
  if (!mail || link === null) return { kind: 'unwanted', reason: 'The invitation is closed.' };
  const { invitation, campaign, organization, client, roles } = mail;
  const { email } = invitation;
  const { appMetadata, userMetadata } = grantsOf(invitation, campaign);
  const requestedLocale = preferredLocale(userMetadata);
  const language = languageFor(requestedLocale, context.locales);
  const values = {
    ...baseValuesIn(batch, {
      language,
      requestedLocale,
      recipient: recipientWithoutAccount({ email, appMetadata, userMetadata }),
      client,
      organization,
      connection: undefined,
    }),
    ...linkValues(link, language),
    organization: organizationValues(organization),
    // Names of the specification, 4.7.
    inviter: { name: campaign.plan.inviter?.name ?? '' },
    roles: roles.map(({ id, name, description }) => ({ id, name, description: description ?? '' })),
    app_metadata: appMetadata,
    user_metadata: userMetadata,
  };
  return { kind: 'draft', language, mail: { name: 'organization_invitation', values }, others: {} };
}

/** Returns the link to the acceptance, or `null` if the mail must not be sent any more. */
function linkTo(mail: OrganizationInvitationMail, ticketKey: Buffer, now: Date): Link {
  const { invitation, organization, loginRoute, domainMetadata } = mail;
  if (invitation.state !== 'pending' || invitation.expiresAt <= now || loginRoute === null) {
    return null;
  }
  const secret = invitationSecret(ticketKey, invitation);
  const url = organizationInvitationUrl(loginRoute, { organization, domainMetadata }, secret);
  return url === null ? null : { url, expiresAt: invitation.expiresAt };
}
