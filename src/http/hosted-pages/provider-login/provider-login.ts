export { goToProvider, sentByDomain } from './go-to-provider.ts';
export { registerLinkAccountPages } from './link-account-pages.ts';
export { registerProviderCallback } from './provider-callback.ts';
export { registerProviderPages } from './provider-pages.ts';
export { troubleQuery, troubleText } from './provider-troubles.ts';
