import { defineTask } from '../../platform/tasks/tasks.ts';

/** Somebody says they have forgotten their password. Whether there is such an account is looked up here, out of sight. */
export const requestResetTask = defineTask<{
  connectionId: string;
  email: string;
  clientId: string | null;
  /** The login to an organization that it was asked for in. */
  organizationId?: string | null;
  /** Who may not log in to that organization gets no mail. */
  membersOnly?: boolean;
  /** Where it was asked from, for the tenant log. */
  ip?: string;
}>('request-reset', { retryLimit: 20 });

/** Somebody wants a working link instead of one that is over. Only the hash of the old link's secret travels. */
export const renewResetTask = defineTask<{ secretHash: string }>('renew-reset', { retryLimit: 20 });
