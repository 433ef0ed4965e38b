import { defineTask } from '../../platform/tasks/tasks.ts';

/** Finishes a sign-up at a connection that hides who has an account. The task looks the account up out of the caller's sight. */
export const finishSignUpTask = defineTask<{
  /** The input of the sign-up, encrypted: profiles and password hashes must not appear in any log. */
  sealed: string;
}>('finish-sign-up', { concurrency: 4, retryLimit: 20 });
