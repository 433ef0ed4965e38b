import { defineTask } from '../../platform/tasks/tasks.ts';

/**
 * Empties the outbox of everything that is due. Enqueue it, with the singleton key below, in the transaction that queues
 * messages.
 */
export const deliverMailTask = defineTask<{ reason?: string }>('deliver-mail');

/** While one delivery waits, another one would find nothing to do. */
export const DELIVER_ONCE = { singletonKey: 'deliver' };
