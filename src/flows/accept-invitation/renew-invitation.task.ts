import { defineTask } from '../../platform/tasks/tasks.ts';

/** Renews the link of an invited person. The task carries only the hash of the old link's secret. */
export const renewInvitationTask = defineTask<{ secretHash: string }>('renew-invitation', {
  retryLimit: 20,
});
