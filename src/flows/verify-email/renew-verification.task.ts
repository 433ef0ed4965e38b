import { defineTask } from '../../platform/tasks/tasks.ts';

/** Renews a verification link. The task carries only the hash of the old link's secret. */
export const renewVerificationTask = defineTask<{ secretHash: string }>('renew-verification', {
  retryLimit: 20,
});
