// The internals of the library that we use. Its version is pinned.
declare module 'oidc-provider/lib/helpers/weak_cache.js' {
  import type Provider from 'oidc-provider';

  export function get(provider: Provider): {
    keystore: { clear(): void; add(jwk: object): void };
    configuration: { responseTypes: string[]; grantTypes: Set<string> };
  };
}

declare module 'oidc-provider/lib/helpers/als.js' {
  import type { AsyncLocalStorage } from 'node:async_hooks';

  /** Holds the context of the request that is being answered. */
  const storage: AsyncLocalStorage<object>;
  // biome-ignore lint/style/noDefaultExport: the library exports it so.
  export default storage;
}

declare module 'oidc-provider/lib/shared/client_auth.js' {
  /** The steps of client authentication. They throw the error that /oauth/token answers with. */
  const steps: ((ctx: object, next: () => Promise<void>) => Promise<void>)[];
  // biome-ignore lint/style/noDefaultExport: the library exports it so.
  export default steps;
}

declare module 'oidc-provider/lib/consts/client_attributes.js' {
  /** Matches characters that a client's ID or secret must not have. */
  export const noVSCHAR: RegExp;
}
