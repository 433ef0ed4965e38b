export { chosenPassword } from './chosen-password.ts';
export { type Csrf, createCsrf } from './csrf.ts';
export { DONE_MESSAGES, destination, FAILED_MESSAGES, failedDestination } from './destination.ts';
export { longDate } from './long-date.ts';
export { sayNotNow } from './not-now.ts';
export { registerPictures } from './pictures.ts';
export { ruleViews, waitingTime } from './policy-view.ts';
export { createPages, formText, type Look, type Pages, queryText, type Speech } from './render.ts';
export { signOfLink } from './signs.ts';
