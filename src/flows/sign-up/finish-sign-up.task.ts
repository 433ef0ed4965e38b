import { defineTask } from '../../platform/tasks/tasks.ts';

/** Somebody has signed up where nobody may learn who has an account. Whether there is one is looked up here, out of sight. */
export const finishSignUpTask = defineTask<{
  /** What was given, encrypted: profiles and hashes of passwords are for no log. */
  sealed: string;
}>('finish-sign-up', { concurrency: 4, retryLimit: 20 });
