import { defineTask } from '../../platform/tasks/tasks.ts';

/** Writes the file of an export, from where it stands. */
export const exportUsersTask = defineTask<{ jobId: string }>('export-users');
