export { chosenPassword } from './chosen-password.ts';
export { type Csrf, createCsrf } from './csrf.ts';
export { DONE_MESSAGES, destination, FAILED_MESSAGES, failedDestination } from './destination.ts';
export type { MessageTexts, ProblemName, TextPath } from './languages.ts';
export { DONE, doneUrl, mailSentUrl, newLinkSentUrl } from './last-pages.ts';
export { formAction, secretOf } from './link-in-address.ts';
export { longDate } from './long-date.ts';
export { sayNotNow } from './not-now.ts';
export { registerPictures } from './pictures.ts';
export { ruleViews, waitingTime } from './policy-view.ts';
export {
  createPages,
  formText,
  type Pages,
  queryText,
  type Translator,
} from './render.ts';
export { sendDeadLink } from './send-dead-link.ts';
export { signOfLink } from './signs.ts';
