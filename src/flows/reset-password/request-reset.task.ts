import { defineTask } from '../../platform/tasks/tasks.ts';

/** Mails a user who has forgotten the password. The task looks the account up out of the caller's sight. */
export const requestResetTask = defineTask<{
  connectionId: string;
  email: string;
  clientId: string | null;
  /** The login to an organization in which the user asked. */
  organizationId?: string | null;
  /** Users who may not log in to that organization get no mail. */
  membersOnly?: boolean;
  /** The address of the request, for the tenant log. */
  ip?: string;
}>('request-reset', { retryLimit: 20 });

/** Renews an expired or used link. The task carries only the hash of the old link's secret. */
export const renewResetTask = defineTask<{ secretHash: string }>('renew-reset', { retryLimit: 20 });
