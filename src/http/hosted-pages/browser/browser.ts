export { forgetAmongFew, keepAmongFew } from './few-cookies.ts';
export { browserSecret, keepBrowserSecret, knowBrowser } from './known-browser.ts';
export { createProofs, type Proofs } from './proofs.ts';
