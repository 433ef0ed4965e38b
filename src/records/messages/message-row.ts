import { sql } from 'kysely';
import { type MailContent, readContent } from './mail-content.ts';

export type MessageState = 'queued' | 'sending' | 'sent' | 'failed' | 'canceled';

/** The state of a mail in the outbox. */
export type OutboxEntry = {
  id: string;
  template: string;
  recipient: string;
  state: MessageState;
  /** Number of attempts, including the current one. */
  attempts: number;
  dueAt: Date;
  leaseUntil: Date | null;
  sentAt: Date | null;
  error: string | null;
  createdAt: Date;
};

/** A mail in the outbox. It names its subject by id; links are created when it is sent. */
export type Message = OutboxEntry & MailContent;

/** A mail of which this version cannot read what it is about. */
export type UnreadableMessage = OutboxEntry & { problem: string };

export type MessageRow = {
  id: string;
  template: string;
  recipient: string;
  user_id: string | null;
  invitation_id: string | null;
  ticket_id: string | null;
  campaign_id: string | null;
  data: unknown;
  state: MessageState;
  attempts: number;
  due_at: Date;
  lease_until: Date | null;
  sent_at: Date | null;
  error: string | null;
  created_at: Date;
};

const COLUMNS: (keyof MessageRow)[] = [
  'id',
  'template',
  'recipient',
  'user_id',
  'invitation_id',
  'ticket_id',
  'campaign_id',
  'data',
  'state',
  'attempts',
  'due_at',
  'lease_until',
  'sent_at',
  'error',
  'created_at',
];

/** The columns that a query on `messages` selects or returns. */
export const messageColumns = sql.join(COLUMNS.map((name) => sql.ref(`messages.${name}`)));

export function toEntry(row: MessageRow): OutboxEntry {
  return {
    id: row.id,
    template: row.template,
    recipient: row.recipient,
    state: row.state,
    attempts: row.attempts,
    dueAt: row.due_at,
    leaseUntil: row.lease_until,
    sentAt: row.sent_at,
    error: row.error,
    createdAt: row.created_at,
  };
}

export function toMessage(row: MessageRow): Message | UnreadableMessage {
  const content = readContent({
    template: row.template,
    userId: row.user_id,
    invitationId: row.invitation_id,
    ticketId: row.ticket_id,
    campaignId: row.campaign_id,
    data: row.data,
  });
  return content === null
    ? { ...toEntry(row), problem: `This version cannot read a stored mail of ${row.template}.` }
    : { ...toEntry(row), ...content };
}
