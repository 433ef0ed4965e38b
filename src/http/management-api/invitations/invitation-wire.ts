import { Type } from 'typebox';
import type {
  InvitationPreview,
  InvitationWarning,
  ListedRow,
  RowResult,
} from '../../../flows/send-invitations/send-invitations.ts';
import { isEmail } from '../../../platform/email-address/email-address.ts';
import { isStorableJson } from '../../../platform/packing/packing.ts';
import {
  type AcceptedBy,
  type Campaign,
  type Invitation,
  type InvitationState,
  invitationState,
  isSmallData,
  MAX_DATA_BYTES,
} from '../../../records/invitations/invitations.ts';
import type { OutboxEntry } from '../../../records/messages/messages.ts';
import { reservedKeyOf } from '../../../records/metadata/metadata.ts';
import type { RowErrorCode, SegmentCounts } from '../../../records/segments/segments.ts';
import { nullable, oneOf, timestamp } from '../route/route.ts';
import { shownPlan, toShownPlan } from './shown-plan.ts';

export const INVITATION_STATES = [
  'pending',
  'accepted',
  'declined',
  'expired',
  'revoked',
] as const satisfies InvitationState[];

const ACCEPTED_BY = [
  'link',
  'login',
  'reset',
  'passwordless',
  'sign_up',
  'identity',
  'passkey',
  'grant',
] as const satisfies AcceptedBy[];

/** An invitation as clients see it: everything except its link. */
export const invitationSchema = Type.Object({
  id: Type.String({ description: 'ID of the invitation, `uinv_…`' }),
  state: oneOf(INVITATION_STATES, { description: 'State of the invitation' }),
  email: Type.String(),
  user_id: Type.Optional(
    Type.String({ description: 'The user. Absent before the acceptance if no user was invited.' }),
  ),
  client_id: Type.Optional(Type.String()),
  connection_id: Type.Optional(Type.String()),
  job_id: Type.Optional(Type.String()),
  ...shownPlan,
  created_at: timestamp('When the person was invited'),
  expires_at: timestamp('When the link expires'),
  accepted_at: Type.Optional(timestamp('When the person accepted')),
  accepted_by: Type.Optional(
    oneOf(ACCEPTED_BY, {
      description:
        'How the person accepted: a password set through the link, a login, a new password requested by email, a one-time ' +
        'code or link for signing in, the verification of an account of their own, an identity provider, a passkey, or not ' +
        'at all: `grant` gave everything at once',
    }),
  ),
  accepted_user_id: Type.Optional(
    Type.String({ description: 'The user who accepted. It can be another one than the invited.' }),
  ),
  declined_at: Type.Optional(timestamp('When the person declined')),
  revoked_at: Type.Optional(timestamp('When the invitation was revoked')),
  renewals: Type.Integer({ description: 'How often the person has requested a new link' }),
  renewed_at: Type.Optional(timestamp('When the person last requested a new link')),
  mail: nullable(
    Type.Object(
      {
        state: oneOf(['queued', 'sending', 'sent', 'failed', 'canceled'], {
          description:
            'State of the email. `sent` means that the receiving server has accepted it.',
        }),
        attempts: Type.Integer(),
        sent_at: Type.Optional(timestamp('When the receiving server accepted the email')),
        next_attempt_at: Type.Optional(timestamp('When Usher tries again to send the email')),
        error: Type.Optional(Type.String({ description: 'Error of the last attempt' })),
      },
      { description: 'The newest email of the invitation. `null` if Usher sent no email.' },
    ),
  ),
});

export function toWireInvitation(input: {
  invitation: Invitation;
  campaign: Campaign | undefined;
  message: OutboxEntry | undefined;
  now: Date;
}) {
  const { invitation, campaign, message, now } = input;
  // The user of an invited address comes with the acceptance.
  const userId = invitation.userId ?? invitation.acceptedUserId;
  return {
    id: invitation.id,
    state: invitationState(invitation, now),
    email: invitation.email,
    ...(userId !== null && { user_id: userId }),
    ...(invitation.clientId !== null && { client_id: invitation.clientId }),
    ...(campaign?.connectionId && { connection_id: campaign.connectionId }),
    ...(campaign?.jobId && { job_id: campaign.jobId }),
    ...toShownPlan(invitation, campaign),
    created_at: invitation.createdAt.toISOString(),
    expires_at: invitation.expiresAt.toISOString(),
    ...(invitation.acceptedAt && { accepted_at: invitation.acceptedAt.toISOString() }),
    ...(invitation.acceptedBy && { accepted_by: invitation.acceptedBy }),
    ...(invitation.acceptedUserId && { accepted_user_id: invitation.acceptedUserId }),
    ...(invitation.declinedAt && { declined_at: invitation.declinedAt.toISOString() }),
    ...(invitation.revokedAt && { revoked_at: invitation.revokedAt.toISOString() }),
    renewals: invitation.renewals,
    ...(invitation.renewedAt && { renewed_at: invitation.renewedAt.toISOString() }),
    mail: message ? toWireMail(message) : null,
  };
}

function toWireMail(message: OutboxEntry) {
  const waits = message.state === 'queued' && message.attempts > 0;
  return {
    state: message.state,
    attempts: message.attempts,
    ...(message.sentAt && { sent_at: message.sentAt.toISOString() }),
    ...(waits && { next_attempt_at: message.dueAt.toISOString() }),
    ...(message.error !== null && { error: message.error }),
  };
}

const TEXTS = {
  email: 'email',
  user_id: 'userId',
  name: 'name',
  given_name: 'givenName',
  family_name: 'familyName',
  nickname: 'nickname',
} as const;
const OBJECTS = {
  app_metadata: 'appMetadata',
  user_metadata: 'userMetadata',
  template_data: 'templateData',
  data: 'data',
} as const;
const MOST_CHARACTERS = 300;

/**
 * Reads one recipient. A bare string is an email address. An invalid recipient is refused with the property and the reason;
 * the others in the list are still accepted.
 */
export function toRecipient(raw: unknown): ListedRow {
  const value = typeof raw === 'string' ? { email: raw } : raw;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return bad('INVALID_TYPE', 'Expected an object or an email address');
  }
  if (!isStorableJson(value))
    return bad('INVALID_FORMAT', 'Contains characters that cannot be stored');
  const row: Record<string, unknown> = {};
  for (const [name, given] of Object.entries(value)) {
    if (given === null || given === undefined) continue;
    if (Object.hasOwn(TEXTS, name)) {
      if (typeof given !== 'string') return bad('INVALID_TYPE', 'Expected type string', name);
      if (given.length > MOST_CHARACTERS) {
        return bad('MAX_LENGTH', `Longer than ${MOST_CHARACTERS} characters`, name);
      }
      row[TEXTS[name as keyof typeof TEXTS]] = given;
    } else if (Object.hasOwn(OBJECTS, name)) {
      if (typeof given !== 'object' || Array.isArray(given)) {
        return bad('INVALID_TYPE', 'Expected type object', name);
      }
      const reserved = name === 'app_metadata' ? reservedKeyOf(given) : undefined;
      if (reserved !== undefined)
        return bad('NOT_PASSED', 'This property is reserved', `${name}.${reserved}`);
      if (name === 'data' && !isSmallData(given as Record<string, unknown>)) {
        return bad('MAX_LENGTH', `Longer than ${MAX_DATA_BYTES} bytes as JSON`, name);
      }
      row[OBJECTS[name as keyof typeof OBJECTS]] = given;
    } else return bad('ADDITIONAL_PROPERTY', 'Additional properties not allowed', name);
  }
  const { email, userId } = row;
  if ((email === undefined) === (userId === undefined)) {
    return bad('ANY_OF_MISSING', 'Exactly one of email and user_id is required');
  }
  if (typeof email === 'string' && !isEmail(email)) {
    return bad('FORMAT', "Object didn't pass validation for format email", 'email');
  }
  return { kind: 'row', row };
}

function bad(code: RowErrorCode, message: string, path?: string): ListedRow {
  return { kind: 'bad', problem: { code, message, ...(path !== undefined && { path }) } };
}

/** The result of a dry run in wire format. */
export function toWirePreview(
  found: InvitationPreview,
  { clientId, warnings }: { clientId: string | null; warnings: InvitationWarning[] },
) {
  return {
    dry_run: true as const,
    client_id: clientId,
    summary: {
      total: found.total,
      would_invite: found.wouldInvite,
      already_invited: found.alreadyInvited,
      left_out: found.leftOut,
      refused: found.refused,
    },
    people: found.people.map(({ email, userId }) => ({
      email,
      ...(userId !== null && { user_id: userId }),
    })),
    ...(warnings.length > 0 && { warnings }),
    refused: found.refusals.map(toWireResult),
  };
}

/** A recipient in wire format. */
export function toWireResult(rowResult: RowResult) {
  return {
    row_number: rowResult.row,
    ...(rowResult.email !== null && { email: rowResult.email }),
    ...(rowResult.userId !== null && { user_id: rowResult.userId }),
    ...(rowResult.invitationId && { invitation_id: rowResult.invitationId }),
    status: statusOf(rowResult),
    ...(rowResult.errors && { errors: rowResult.errors }),
  };
}

function statusOf({ status, invitation, isGranted }: RowResult): string {
  if (status === 'failed') return 'refused';
  return isGranted ? 'granted' : (invitation ?? status);
}

/** The number of people considered who were neither invited, nor invited before, nor refused. */
export function leftOutOf(counts: SegmentCounts): number {
  return counts.inserted + counts.updated - counts.invited - counts.already;
}
