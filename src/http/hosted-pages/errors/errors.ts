export { registerDonePages } from './done-pages.ts';
export { registerErrorPages, showNoConnection, showStale, showUntrusted } from './error-pages.ts';
