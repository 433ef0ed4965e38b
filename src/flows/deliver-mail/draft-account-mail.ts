import { languageFor, preferredLocale } from '../../platform/locales/locales.ts';
import type { CustomDomain } from '../../records/custom-domains/custom-domains.ts';
import { codeOf } from '../../records/factor-challenges/factor-challenges.ts';
import {
  type Campaign,
  grantsOf,
  type Invitation,
  invitationSecret,
  invitationState,
  invitationUrl,
} from '../../records/invitations/invitations.ts';
import type { MailContent, MailTemplate, OutboxEntry } from '../../records/messages/messages.ts';
import { ticketSecret, ticketState, ticketUrl } from '../../records/tickets/tickets.ts';
import { type BaseValues, type Link, type LinkValues, linkValues } from './base-values.ts';
import { type Batch, baseValuesIn, type Draft, type Unwanted } from './draft.ts';
import { clientOfMail, type MailContext } from './mail-context.ts';
import { type OrganizationValues, organizationValues } from './mail-look.ts';
import { type MailRecipient, recipientWithoutAccount } from './mail-recipient.ts';
import type { InvitationValues, MailValues } from './mail-values.ts';

type AccountMail = OutboxEntry &
  MailContent<Exclude<MailTemplate, 'passwordless_code' | 'passwordless_link'>>;

/** Drafts a mail about an account: to its owner, or to the address of a sign-up that made none. */
export function draftAccountMail(batch: Batch, message: AccountMail): Draft | Unwanted {
  const { context, now } = batch;
  const recipient = recipientOf(context, message);
  if (!recipient) return { kind: 'unwanted', reason: 'The user was deleted.' };
  const found = linkOf(batch, message);
  if (found.kind === 'unwanted') return found;
  if (message.template === 'mfa_oob_code' && new Date(message.data.challengeEnds) <= now) {
    return { kind: 'unwanted', reason: 'The code has expired or was used.' };
  }
  const invitation = context.invitations.get(message.invitationId ?? '');
  const campaign = context.campaigns.get(invitation?.campaignId ?? '');
  const ticket = context.tickets.get(message.ticketId ?? '');
  const clientId = campaign?.clientId ?? ticket?.clientId ?? clientOfMail(message);
  const organizationId = campaign?.plan.organizationId ?? ticket?.organizationId;
  const organization = context.organizations.get(organizationId ?? '') ?? null;
  const requestedLocale =
    preferredLocale(message.template === 'enrollment_email' ? message.data : null) ??
    preferredLocale(recipient.userMetadata) ??
    preferredLocale(campaign?.plan.userMetadata ?? null);
  const language = languageFor(requestedLocale, context.locales);
  const client = context.clients.get(clientId ?? '');
  const base = baseValuesIn(batch, {
    customDomain: domainOf(context, campaign?.plan.customDomain ?? ticket?.details.customDomain),
    language,
    requestedLocale,
    recipient,
    client,
    organization,
    connection: context.connections.get(recipient.connectionId),
    ...(message.template === 'blocked_account' && { sourceIp: message.data.sourceIp }),
  });
  const link = linkValues(found.link, language);
  const invited = invitationValues(campaign, invitation);
  return {
    kind: 'draft',
    language,
    mail: valuesOf(batch, message, {
      base,
      link,
      invited,
      organization: organization && organizationValues(organization),
      loginUri: client?.settings.initiateLoginUri ?? '',
    }),
    others: {
      ...campaign?.plan.templateData,
      ...invitation?.data?.templateData,
      ...otherValues(message),
      ...(organization && { organization: organizationValues(organization) }),
    },
  };
}

function recipientOf(
  context: MailContext,
  message: AccountMail,
): (MailRecipient & { connectionId: string }) | undefined {
  const { recipient: email } = message;
  if (message.template === 'sign_up_name_taken') {
    return { ...recipientWithoutAccount({ email }), connectionId: message.data.connectionId };
  }
  if (message.template !== 'user_invitation' || message.userId !== null) {
    return withPromised(context, message, context.users.get(message.userId ?? ''));
  }
  const invitation = context.invitations.get(message.invitationId ?? '');
  const campaign = context.campaigns.get(invitation?.campaignId ?? '');
  if (!invitation || !campaign) return undefined;
  const { appMetadata, userMetadata } = grantsOf(invitation, campaign);
  return {
    ...recipientWithoutAccount({ email, appMetadata, userMetadata }),
    connectionId: campaign.connectionId ?? '',
  };
}

/** A template may use the metadata that the invitation has for this person. The account gets them with the acceptance. */
function withPromised<Known extends MailRecipient>(
  context: MailContext,
  { invitationId }: AccountMail,
  recipient: Known | undefined,
): Known | undefined {
  const promised = context.invitations.get(invitationId ?? '')?.data;
  if (!promised || !recipient) return recipient;
  return {
    ...recipient,
    appMetadata: { ...recipient.appMetadata, ...promised.appMetadata },
    userMetadata: { ...recipient.userMetadata, ...promised.userMetadata },
  };
}

function valuesOf(
  { keys }: Batch,
  message: AccountMail,
  parts: {
    base: BaseValues;
    link: LinkValues;
    invited: InvitationValues;
    loginUri: string;
    organization: OrganizationValues | null;
  },
): MailValues {
  const { base, link, invited, organization } = parts;
  switch (message.template) {
    case 'user_invitation':
      return { name: message.template, values: { ...base, ...link, ...invited, organization } };
    case 'mfa_oob_code': {
      const code = codeOf(keys.ticket, message.data.challengeId);
      return { name: message.template, values: { ...base, code } };
    }
    case 'identity_linked': {
      const { provider } = message.data;
      return { name: message.template, values: { ...base, provider } };
    }
    case 'import_ended': {
      const { externalId, statusDetails, ...job } = message.data.job;
      const named = { ...job, external_id: externalId, status_details: statusDetails };
      return { name: message.template, values: { ...base, job: named } };
    }
    case 'sign_up_name_taken':
      return { name: message.template, values: base };
    case 'welcome_email': {
      const { loginUri: url } = parts;
      return { name: message.template, values: { ...base, ...invited, url } };
    }
    default:
      return { name: message.template, values: { ...base, ...link } };
  }
}

/** What operators' templates have always been able to read, besides the values of the mail. */
function otherValues(message: AccountMail): Record<string, unknown> {
  switch (message.template) {
    case 'blocked_account':
      return { source_ip: message.data.sourceIp };
    case 'enrollment_email':
    case 'mfa_oob_code':
      return { ...message.data };
    default:
      return {};
  }
}

function invitationValues(
  campaign: Campaign | undefined,
  invitation: Invitation | undefined,
): InvitationValues {
  const plan = campaign?.plan;
  return {
    inviter: { name: plan?.inviter?.name ?? '' },
    roles: (plan?.roles ?? []).map((id) => ({ id, name: id, description: '' })),
    app_metadata: { ...plan?.appMetadata, ...invitation?.data?.appMetadata },
    user_metadata: { ...plan?.userMetadata, ...invitation?.data?.userMetadata },
  };
}

/** Returns the origin of a link: that of the requested domain, else of the default domain, else the public URL. */
function originOf({ context, publicUrl }: Batch, requested: unknown): string {
  const domain = typeof requested === 'string' ? requested : context.defaultDomain?.domain;
  return domain === undefined ? publicUrl : `https://${domain}`;
}

/** Returns the domain of a mail's link, or `null` for the public URL. */
function domainOf(context: MailContext, requested: unknown): CustomDomain | null {
  return typeof requested === 'string'
    ? (context.domains.get(requested) ?? null)
    : context.defaultDomain;
}

function linkOf(batch: Batch, message: AccountMail): { kind: 'link'; link: Link } | Unwanted {
  const { context, keys, now } = batch;
  if (message.invitationId !== null && message.template === 'user_invitation') {
    const invitation = context.invitations.get(message.invitationId);
    const state = invitation ? invitationState(invitation, now) : 'gone';
    if (!invitation || state !== 'pending') {
      return { kind: 'unwanted', reason: `The invitation is ${state}.` };
    }
    const { userId, email } = invitation;
    const current = userId === null ? email : context.users.get(userId)?.email;
    if (message.recipient !== email || current !== email) {
      return { kind: 'unwanted', reason: 'The account has a different address now.' };
    }
    const campaign = context.campaigns.get(invitation.campaignId);
    const origin = originOf(batch, campaign?.plan.customDomain);
    const url = invitationUrl(origin, invitationSecret(keys.ticket, invitation));
    return { kind: 'link', link: { url, expiresAt: invitation.expiresAt } };
  }
  if (message.ticketId !== null) {
    const ticket = context.tickets.get(message.ticketId);
    const state = ticket ? ticketState(ticket, now) : 'gone';
    if (!ticket || state !== 'open') {
      return { kind: 'unwanted', reason: `The link is ${state}.` };
    }
    const origin = originOf(batch, ticket.details.customDomain);
    const url = ticketUrl(origin, ticket.kind, ticketSecret(keys.ticket, ticket.id));
    return { kind: 'link', link: { url, expiresAt: ticket.expiresAt } };
  }
  return { kind: 'link', link: null };
}
