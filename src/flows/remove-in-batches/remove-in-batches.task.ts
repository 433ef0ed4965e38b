import { defineTask } from '../../platform/tasks/tasks.ts';

/** A deleted object with possibly many users behind it. It is hidden at once and removed in batches. */
export type Removal = { kind: 'connection' | 'client' | 'organization'; id: string };

/** Removes an object marked as deleted, with all that belongs to it. Enqueue it in the transaction that marks the object. */
export const removeInBatchesTask = defineTask<Removal>('remove-in-batches');
