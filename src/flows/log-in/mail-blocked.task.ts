import { defineTask } from '../../platform/tasks/tasks.ts';

/** Somebody was shut out under this name. Whether there is such an account is looked up here, out of sight. */
export const mailBlockedTask = defineTask<{
  connectionId: string;
  identifier: string;
  ip: string;
  clientId: string | null;
}>('mail-blocked', { retryLimit: 20 });
