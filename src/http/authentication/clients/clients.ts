export { formEncodedBasic } from './basic-credentials.ts';
export { type Catalog, createCatalog } from './catalog.ts';
export {
  isOriginAllowed,
  judgeOrigin,
  permitEarlyRefusals,
  permitOrigin,
  registerPreflight,
} from './cors.ts';
export { createLibraryClients, type LibraryClients } from './library-clients.ts';
export { isResponseType, RESPONSE_TYPES, responseTypeAllowed } from './response-types.ts';
export { TOKEN_ALGS, tokenAlg, underEachAlg } from './signing-algs.ts';
