// What the library keeps for itself, as far as we reach into it. Its version is pinned.
declare module 'oidc-provider/lib/helpers/weak_cache.js' {
  import type Provider from 'oidc-provider';

  export function get(provider: Provider): {
    keystore: { clear(): void; add(jwk: object): void };
    configuration: { responseTypes: string[]; grantTypes: Set<string> };
  };
}

declare module 'oidc-provider/lib/shared/client_auth.js' {
  /** Who the client is, step by step; throws what /oauth/token answers with. */
  const steps: ((ctx: object, next: () => Promise<void>) => Promise<void>)[];
  // biome-ignore lint/style/noDefaultExport: it is theirs.
  export default steps;
}

declare module 'oidc-provider/lib/consts/client_attributes.js' {
  /** Finds what a client's id or secret must not hold. */
  export const noVSCHAR: RegExp;
}
