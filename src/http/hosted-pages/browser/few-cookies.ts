import type { FastifyReply, FastifyRequest } from 'fastify';

/** More would fill the header of every request. */
const MOST = 6;

/**
 * Sets a cookie of a kind of which a browser may have several at the same time. The oldest go when there are too many.
 * @param cookie.kind what the names of all of them contain
 * @param cookie.name the full name
 * @param cookie.maxAge in seconds
 */
export function keepAmongFew(
  { secureCookies: secure }: { secureCookies: boolean },
  request: FastifyRequest,
  reply: FastifyReply,
  cookie: { kind: string; name: string; value: string; maxAge: number },
): void {
  const { kind, name, value, maxAge } = cookie;
  const attributes = attributesOf(secure);
  const others = Object.keys(request.cookies).filter(
    (other) => other.includes(kind) && other !== name,
  );
  for (const other of others.slice(0, Math.max(0, others.length - MOST + 1))) {
    reply.clearCookie(other, attributes);
  }
  reply.setCookie(name, value, { ...attributes, maxAge });
}

/** Removes one of them. */
export function forgetAmongFew(
  { secureCookies: secure }: { secureCookies: boolean },
  reply: FastifyReply,
  name: string,
): void {
  reply.clearCookie(name, attributesOf(secure));
}

// Lax, because the browser must send it when another site leads back here.
function attributesOf(secure: boolean) {
  return { path: '/', httpOnly: true, sameSite: 'lax', secure } as const;
}
