import { AsyncLocalStorage } from 'node:async_hooks';

/** The origin of the current request. */
export type RequestContext = {
  ip: string;
  userAgent: string | null;
  /** The host name by which the client reached this server. */
  hostname: string | null;
  /** The `Auth0-Client` header, unchanged. */
  clientLibrary: string | null;
  /** The country of the address (ISO 3166-1 alpha-2) as a trusted proxy says, or `null` if none does. */
  country?: string | null;
};

/** A domain, besides that of the public URL, at which this server has pages. */
export type ServedDomain = {
  /** The origin of its pages. */
  origin: string;
  /** The domain that passkeys made on its pages belong to (RP ID of Web Authentication). */
  passkeyDomain: string;
};

// Kept beside the context, because its users store the whole context.
const notes = new WeakMap<RequestContext, Map<string, number>>();
const domains = new WeakMap<RequestContext, ServedDomain>();

const storage = new AsyncLocalStorage<RequestContext>();

/** Returns the current request, or `null` in background work. */
export function currentRequest(): RequestContext | null {
  return storage.getStore() ?? null;
}

/** Runs `work`, and everything that it starts, in the context of a request. */
export function duringRequest<T>(context: RequestContext, work: () => T): T {
  return storage.run(context, work);
}

/** Records the domain at which the client has reached this server. Call it with a domain from the settings, never with a header. */
export function noteServedDomain(domain: ServedDomain): void {
  const request = currentRequest();
  if (request !== null) domains.set(request, domain);
}

/** Returns the domain at which the client has reached this server, or `null` if it is that of the public URL. */
export function servedDomain(): ServedDomain | null {
  const request = currentRequest();
  return (request && domains.get(request)) ?? null;
}

/**
 * Records a version on which later writes of this request depend: the oldest of all that it reads of the same object. In background work it
 * records nothing.
 */
export function noteVersion(of: string, version: number): void {
  keep(of, Math.min(version, notedVersion(of) ?? version));
}

/** Records a version that this request has made itself. From now on the request depends on it. */
export function renewVersion(of: string, version: number): void {
  keep(of, version);
}

/** Returns the version on which this request depends, or `null` if none was recorded. */
export function notedVersion(of: string): number | null {
  const request = currentRequest();
  return (request && notes.get(request)?.get(of)) ?? null;
}

function keep(of: string, version: number): void {
  const request = currentRequest();
  if (request === null) return;
  const kept = notes.get(request) ?? new Map<string, number>();
  notes.set(request, kept.set(of, version));
}
