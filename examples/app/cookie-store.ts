import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/** Stores values in this process's memory under a random id in the browser's cookie. */
export type CookieStore<T> = {
  /** Stores the value. Returns the Set-Cookie header for it. */
  put(value: T): string;
  get(request: IncomingMessage): T | undefined;
  /** Deletes the value. Returns it with the Set-Cookie header that clears the cookie. */
  take(request: IncomingMessage): [value: T | undefined, clear: string];
};

// Enough for an example. A real application keeps sessions where all its nodes can read them.
const LIMIT = 10_000;

export function createCookieStore<T>(name: string, lifetimeMs: number): CookieStore<T> {
  const kept = new Map<string, { value: T; until: number }>();

  const idOf = (request: IncomingMessage): string =>
    (request.headers.cookie ?? '')
      .split(/;\s*/)
      .find((pair) => pair.startsWith(`${name}=`))
      ?.slice(name.length + 1) ?? '';

  const get = (request: IncomingMessage): T | undefined => {
    const found = kept.get(idOf(request));
    return found && found.until > Date.now() ? found.value : undefined;
  };

  return {
    get,
    put(value) {
      const oldest = kept.keys().next();
      if (kept.size >= LIMIT && !oldest.done) kept.delete(oldest.value);
      const id = randomBytes(24).toString('base64url');
      kept.set(id, { value, until: Date.now() + lifetimeMs });
      return `${name}=${id}; Path=/; HttpOnly; SameSite=Lax; Max-Age=${lifetimeMs / 1000}`;
    },
    take(request) {
      const value = get(request);
      kept.delete(idOf(request));
      return [value, `${name}=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0`];
    },
  };
}
