import type { Clock } from '../../platform/clock/clock.ts';
import type { Db } from '../../platform/db/db.ts';
import type { Enqueue } from '../../platform/tasks/tasks.ts';
import { listAdministrators } from '../../records/administrators/administrators.ts';
import { findJob } from '../../records/jobs/jobs.ts';
import type { ImportResult } from '../../records/messages/messages.ts';
import { countSegments } from '../../records/segments/segments.ts';
import { queueMail } from '../../steps/queue-mail/queue-mail.ts';

/**
 * Mails the operators how an import ended, if the request asked for it. Call it in the transaction that ends the job: each operator gets
 * exactly one mail. A dry run sends none.
 */
export async function mailAdministrators(
  deps: { clock: Clock; enqueue: Enqueue },
  tx: Db,
  jobId: string,
): Promise<void> {
  const job = await findJob(tx, jobId);
  if (job?.request.sendCompletionEmail !== true || job.request.dryRun === true) return;
  const administrators = (await listAdministrators(tx)).filter(
    (administrator) => administrator.hasPassword && !administrator.blocked,
  );
  if (administrators.length === 0) return;
  const { inserted, updated, failed } = await countSegments(tx, jobId);
  const result: ImportResult = {
    id: job.id,
    externalId: job.externalId ?? '',
    connection: job.connectionName ?? '',
    status: job.status,
    statusDetails: job.statusDetails ?? '',
    inserted,
    updated,
    failed,
    total: job.totalRows,
  };
  await queueMail(
    tx,
    deps.enqueue,
    administrators.flatMap(({ userId, email }) =>
      email === null
        ? []
        : { template: 'import_ended', recipient: email, userId, data: { job: result } },
    ),
    deps.clock.now(),
  );
}
