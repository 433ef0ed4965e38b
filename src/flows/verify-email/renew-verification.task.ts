import { defineTask } from '../../platform/tasks/tasks.ts';

/** Somebody wants a working verification link. Only the hash of the old link's secret travels. */
export const renewVerificationTask = defineTask<{ secretHash: string }>('renew-verification', {
  retryLimit: 20,
});
