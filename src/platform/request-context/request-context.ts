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

// Beside the context, which its makers write down whole.
const notes = new WeakMap<RequestContext, Map<string, number>>();

const storage = new AsyncLocalStorage<RequestContext>();

/** The request in whose course this is called; null in background work. */
export function currentRequest(): RequestContext | null {
  return storage.getStore() ?? null;
}

/** Runs `work`, and everything that it starts, in the course of a request. */
export function duringRequest<T>(context: RequestContext, work: () => T): T {
  return storage.run(context, work);
}

/**
 * Keeps a version that what this request writes later rests on: of all that it reads of the same thing, the oldest. In background work
 * nothing is kept.
 */
export function noteVersion(of: string, version: number): void {
  keep(of, Math.min(version, notedVersion(of) ?? version));
}

/** As {@link noteVersion}, of a version that this request has made itself: from now on it rests on that. */
export function renewVersion(of: string, version: number): void {
  keep(of, version);
}

/** The version that this request rests on; null: none was noted. */
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
