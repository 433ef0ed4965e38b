import { defineTask } from '../../platform/tasks/tasks.ts';

/** What was deleted may have many people behind it: it is hidden at once and goes in batches. */
export type Removal = { kind: 'connection' | 'client' | 'organization'; id: string };

/** Removes what was marked as deleted, with all that belongs to it. Enqueue it in the transaction that marks it. */
export const removeInBatchesTask = defineTask<Removal>('remove-in-batches');
