import { defineTask } from '../../platform/tasks/tasks.ts';

/** Sends every due mail in the outbox. Enqueue it, with the singleton key below, in the transaction that queues the messages. */
export const deliverMailTask = defineTask<{ reason?: string }>('deliver-mail');

/** A second waiting delivery would find nothing to do. */
export const DELIVER_ONCE = { singletonKey: 'deliver' };
