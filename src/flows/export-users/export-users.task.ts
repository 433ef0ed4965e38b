import { defineTask } from '../../platform/tasks/tasks.ts';

/** Writes the file of an export, from where the last run stopped. */
export const exportUsersTask = defineTask<{ jobId: string }>('export-users');
