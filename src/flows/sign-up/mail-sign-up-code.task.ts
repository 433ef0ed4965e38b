import { defineTask } from '../../platform/tasks/tasks.ts';

/** Mails the code of a sign-up on a page of an application, or that the address has an account. The task looks it up out of the caller's sight. */
export const mailSignUpCodeTask = defineTask<{
  signUpId: string;
  /** The key of the address that asks. */
  askedFrom: string;
  language: string | null;
  /** Names this request, so that a repeated task sends nothing twice. */
  once: string;
}>('mail-sign-up-code', { concurrency: 4, retryLimit: 20 });
