import { defineTask } from '../../platform/tasks/tasks.ts';

/** The share of one worker in an import. `lane` distinguishes the workers of a job. */
export const importUsersTask = defineTask<{ jobId: string; lane: number }>('import-users', {
  concurrency: 4,
});
