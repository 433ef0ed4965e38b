import { defineTask } from '../../platform/tasks/tasks.ts';

/** Works through the people of one job: invites them, or issues links for them. */
export const sendInvitationsTask = defineTask<{ jobId: string }>('send-invitations', {
  concurrency: 2,
});
