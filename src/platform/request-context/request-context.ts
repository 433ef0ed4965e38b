import { AsyncLocalStorage } from 'node:async_hooks';

/** Where the request that is being worked on came from. */
export type RequestContext = {
  ip: string;
  userAgent: string | null;
  /** The name by which people reach this server. */
  hostname: string | null;
  /** The header `Auth0-Client`, as it came. */
  clientLibrary: string | null;
};

const storage = new AsyncLocalStorage<RequestContext>();

/** The request in whose course this is called; null in background work. */
export function currentRequest(): RequestContext | null {
  return storage.getStore() ?? null;
}

/** Runs `work`, and everything that it starts, in the course of a request. */
export function duringRequest<T>(context: RequestContext, work: () => T): T {
  return storage.run(context, work);
}
