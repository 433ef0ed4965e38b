import type { FastifyRequest } from 'fastify';

const origins = new WeakMap<FastifyRequest, string>();

/** A name of at least two labels. So no address, and no port. */
const DOMAIN = /^(?:[a-z0-9-]{1,63}\.)+[a-z][a-z0-9-]{0,62}$/;

/**
 * Notes by which of its own host names the browser has reached this server. Anybody can send any name, so only one that `isOwn` counts.
 * @param isOwn decides whether a name, in lower case, is another host name of this server
 */
export async function noteOrigin(
  request: FastifyRequest,
  isOwn: (host: string) => Promise<boolean>,
): Promise<void> {
  const host = (request.host ?? '').toLowerCase().replace(/:443$/, '');
  if (host.length <= 253 && DOMAIN.test(host) && (await isOwn(host))) {
    origins.set(request, `https://${host}`);
  }
}

/** Returns the origin at which the browser has reached this server: that of a custom domain, otherwise the public URL. */
export function originOf(request: FastifyRequest, publicUrl: string): string {
  return origins.get(request) ?? publicUrl;
}
