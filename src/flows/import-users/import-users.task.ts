import { defineTask } from '../../platform/tasks/tasks.ts';

/** One worker's share in an import. `lane` tells the workers of a job apart. */
export const importUsersTask = defineTask<{ jobId: string; lane: number }>('import-users', {
  concurrency: 4,
});
