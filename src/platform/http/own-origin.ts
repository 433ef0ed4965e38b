import type { FastifyRequest } from 'fastify';
import { noteServedDomain, type ServedDomain } from '../request-context/request-context.ts';

const origins = new WeakMap<FastifyRequest, string>();

/** A name of at least two labels. So no address, and no port. */
const DOMAIN = /^(?:[a-z0-9-]{1,63}\.)+[a-z][a-z0-9-]{0,62}$/;

/**
 * Notes by which of its own host names the browser has reached this server. Anybody can send any name, so only one that `find` knows counts.
 * @param find returns another host name of this server, given in lower case, or `null`
 */
export async function noteOrigin(
  request: FastifyRequest,
  publicUrl: string,
  find: (host: string) => Promise<ServedDomain | null>,
): Promise<void> {
  const host = (request.host ?? '').toLowerCase().replace(/:443$/, '');
  if (host.length > 253 || !DOMAIN.test(host) || host === new URL(publicUrl).host) return;
  const domain = await find(host);
  if (domain === null) return;
  origins.set(request, domain.origin);
  noteServedDomain(domain);
}

/** Returns the origin at which the browser has reached this server: that of a custom domain, otherwise the public URL. */
export function originOf(request: FastifyRequest, publicUrl: string): string {
  return origins.get(request) ?? publicUrl;
}
