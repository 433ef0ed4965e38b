import { defineTask } from '../../platform/tasks/tasks.ts';

/** Mails an imported user without a password who has tried to log in. The task looks the account up out of the caller's sight. */
export const firstPasswordTask = defineTask<{
  connectionId: string;
  /** As typed. */
  identifier: string;
  clientId: string | null;
  organizationId: string | null;
  ip: string;
}>('first-password', { retryLimit: 20 });
