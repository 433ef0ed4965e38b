export { registerMfaApi } from './mfa-api.ts';
