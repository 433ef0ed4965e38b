import { Type } from 'typebox';
import { recognizedIn } from '../../../flows/import-users/import-users.ts';
import type { Job } from '../../../records/jobs/jobs.ts';
import type { MessageState } from '../../../records/messages/messages.ts';
import type { SegmentCounts } from '../../../records/segments/segments.ts';
import { leftOutOf, warningsSchema } from '../invitations/invitations.ts';
import { timestamp } from '../route/route.ts';

const whole = (description: string) => Type.Optional(Type.Integer({ description }));

export const jobSchema = Type.Object(
  {
    type: Type.String({
      description:
        'Type of the job, such as `users_import`, `invitations` or `password_change_tickets`',
    }),
    status: Type.String({
      description: 'State of the job: `pending`, `processing`, `completed` or `failed`',
    }),
    connection_id: Type.Optional(Type.String()),
    connection: Type.Optional(Type.String({ description: 'Name of the connection' })),
    external_id: Type.Optional(Type.String()),
    summary: Type.Optional(
      Type.Object({
        failed: Type.Integer(),
        updated: Type.Integer(),
        inserted: Type.Integer(),
        total: Type.Integer(),
      }),
    ),
    invitations: Type.Optional(
      Type.Object({
        invited: Type.Integer(),
        already_invited: Type.Integer(),
        left_out: Type.Integer({
          description:
            'Number of people left out because they are blocked, can already sign in, or have declined',
        }),
        mails: Type.Optional(
          Type.Object({
            queued: Type.Integer(),
            sending: Type.Integer(),
            sent: Type.Integer(),
            failed: Type.Integer(),
            canceled: Type.Integer(),
          }),
        ),
      }),
    ),
    warnings: warningsSchema,
    format: Type.Optional(Type.String({ description: 'Format of the file: `json` or `csv`' })),
    limit: whole('Maximum number of users in the file'),
    fields: Type.Optional(
      Type.Array(Type.Object({ name: Type.String(), export_as: Type.Optional(Type.String()) })),
    ),
    location: Type.Optional(
      Type.String({ description: 'Link to the file of an export. It works for 60 seconds.' }),
    ),
    encoding: Type.Optional(
      Type.String({ description: 'Encoding of the file, if it is not UTF-8' }),
    ),
    ignored_columns: Type.Optional(
      Type.Array(Type.String(), {
        description: 'Columns that the import ignored, because only exports and reports have them',
      }),
    ),
    recognized_export: Type.Optional(
      Type.String({ description: 'ID of the export that gave the columns their names' }),
    ),
    recognized_columns: Type.Optional(
      Type.Array(Type.Object({ column: Type.String(), field: Type.String() }), {
        description: 'Columns that the export renamed, and their fields',
      }),
    ),
    dry_run: Type.Optional(
      Type.Boolean({ description: 'Whether the job only validated the file and wrote nothing' }),
    ),
    migrated_users: Type.Optional(
      Type.String({ description: 'What the import does with users whom a login has migrated' }),
    ),
    without_password: Type.Optional(
      Type.String({ description: 'What users without a password hash get' }),
    ),
    percentage_done: whole('Percentage of the rows that are done'),
    time_left_seconds: whole('Remaining time at the current rate, in seconds'),
    rows_total: whole('Number of rows in the file'),
    rows_done: whole('Number of rows processed'),
    rows_unchanged: whole('Number of users that matched the file already and did not change'),
    rows_refused: whole('Number of people who could not be invited or get a link'),
    rows_per_second: whole('Rows per second since the job started'),
    status_details: Type.Optional(Type.String({ description: 'Reason why the job failed' })),
    created_at: timestamp('When the job was created'),
    id: Type.String(),
  },
  { additionalProperties: true },
);

/** A job in wire format. The counts are exact: each was written in the same transaction as its rows. */
export function toWireJob(input: {
  job: Job;
  counts: SegmentCounts;
  mails: Record<MessageState, number> | null;
  now: Date;
}) {
  const { job, counts, mails } = input;
  const ended = job.status === 'completed' || job.status === 'failed';
  return {
    type: job.type,
    status: job.status,
    ...(job.connectionId !== null && { connection_id: job.connectionId }),
    ...(job.connectionName !== null && { connection: job.connectionName }),
    ...(job.externalId !== null && { external_id: job.externalId }),
    ...((job.type === 'users_import' || counts.segments > 0) && importParts(input, ended)),
    ...(mails && {
      invitations: {
        invited: counts.invited,
        already_invited: counts.already,
        left_out: leftOutOf(counts),
        mails,
      },
    }),
    ...(job.statusDetails !== null && ended && { status_details: job.statusDetails }),
    created_at: job.createdAt.toISOString(),
    id: job.id,
  };
}

function importParts(input: { job: Job; counts: SegmentCounts; now: Date }, ended: boolean) {
  const { job, counts, now } = input;
  const until = job.finishedAt ?? now;
  const seconds = job.startedAt ? (until.getTime() - job.startedAt.getTime()) / 1000 : 0;
  const rate = seconds > 0 ? counts.rowsDone / seconds : 0;
  // With people from a search, the number is unknown until the search has ended.
  const total = Math.max(job.totalRows, counts.rowsDone);
  const left = total - counts.rowsDone;
  const recognized = recognizedIn(job);
  return {
    ...(typeof job.request.encoding === 'string' &&
      job.request.encoding !== 'utf-8' && { encoding: job.request.encoding }),
    ...(Array.isArray(job.request.ignoredColumns) && {
      ignored_columns: job.request.ignoredColumns,
    }),
    ...(recognized && {
      recognized_export: recognized.exportId,
      recognized_columns: recognized.columns.map(({ column, field }) => ({ column, field })),
    }),
    ...(job.request.dryRun === true && { dry_run: true }),
    ...(typeof job.request.migratedUsers === 'string' && {
      migrated_users: job.request.migratedUsers,
    }),
    ...(job.request.asksForPasswords === true && { without_password: 'ask_by_mail' }),
    ...(counts.unchanged > 0 && { rows_unchanged: counts.unchanged }),
    ...(job.type !== 'users_import' && { rows_refused: counts.failed }),
    ...(job.type === 'users_import' &&
      (ended || job.status === 'processing') && {
        summary: {
          failed: counts.failed,
          updated: counts.updated,
          inserted: counts.inserted,
          total: ended ? job.totalRows : counts.rowsDone,
        },
      }),
    ...(!ended && {
      percentage_done: job.totalRows === 0 ? 0 : Math.floor((counts.rowsDone / total) * 100),
      ...(rate > 0 && { time_left_seconds: Math.ceil(left / rate) }),
    }),
    rows_total: total,
    rows_done: counts.rowsDone,
    ...(rate > 0 && { rows_per_second: Math.round(rate) }),
  };
}
