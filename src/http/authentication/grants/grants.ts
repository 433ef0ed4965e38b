export { registerCustomGrants } from './custom-grants.ts';
export { grantTypeClaim } from './issue-tokens.ts';
export { type Refusal, refusal, refusalOf } from './refusals.ts';
