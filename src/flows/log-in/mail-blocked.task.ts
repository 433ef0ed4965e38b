import { defineTask } from '../../platform/tasks/tasks.ts';

/** Mails the owner of a blocked login name. The task looks the account up out of the caller's sight. */
export const mailBlockedTask = defineTask<{
  connectionId: string;
  identifier: string;
  ip: string;
  clientId: string | null;
}>('mail-blocked', { retryLimit: 20 });
