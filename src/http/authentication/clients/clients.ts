export { formEncodedBasic } from './basic-credentials.ts';
export { type Catalog, createCatalog } from './catalog.ts';
export { permitEarlyRefusals, permitOrigin, registerPreflight } from './cors.ts';
export { createLibraryClients, type LibraryClients } from './library-clients.ts';
export { covers, logoutUrlAllowed, organizationNamedBy, originAllowed } from './redirect-uris.ts';
export { isResponseType, RESPONSE_TYPES, responseTypeAllowed } from './response-types.ts';
export { TOKEN_ALGS, tokenAlg, underEachAlg } from './signing-algs.ts';
