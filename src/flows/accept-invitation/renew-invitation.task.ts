import { defineTask } from '../../platform/tasks/tasks.ts';

/** An invited person wants a working link. Only the hash of the old link's secret travels. */
export const renewInvitationTask = defineTask<{ secretHash: string }>('renew-invitation', {
  retryLimit: 20,
});
