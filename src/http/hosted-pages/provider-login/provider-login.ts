export { registerFlowProviderPages } from './flow-provider-pages.ts';
export { goToProvider, sentByDomain } from './go-to-provider.ts';
export { registerLinkAccountPages } from './link-account-pages.ts';
export { registerProviderCallback } from './provider-callback.ts';
export { keepProviderLogin, providerLoginSecret } from './provider-cookies.ts';
export { showNotHere, showOver } from './provider-notices.ts';
export { providerLoginHere, registerProviderPages } from './provider-pages.ts';
export { troubleQuery, troubleText } from './provider-troubles.ts';
