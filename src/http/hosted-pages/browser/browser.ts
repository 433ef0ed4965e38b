export { browserSecret, keepBrowserSecret } from './known-browser.ts';
export { createProofs, type Proofs } from './proofs.ts';
