export { devicePage } from './device-page.ts';
export { registerLoginCodePages } from './login-code-pages.ts';
export { registerLoginPages } from './login-pages.ts';
export { registerOrganizationPages } from './organization-pages.ts';
export { registerPasswordlessPages } from './passwordless-pages.ts';
export { registerSignUpPages } from './sign-up-pages.ts';
export { registerUnblockPages } from './unblock-pages.ts';
