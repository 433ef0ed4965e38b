import type { FastifyReply } from 'fastify';

/**
 * Headers of every page. No `form-action`: Chrome applies it to where a form's answer redirects as well, and a login ends in
 * the application, which may redirect further. `base-uri` and escaped output keep forms where they are. No opener policy: an
 * application may show the login in a popup, which must be able to answer it.
 */
export function secureHeaders(reply: FastifyReply): FastifyReply {
  return reply
    .header(
      'content-security-policy',
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: https:; frame-ancestors 'none'; base-uri 'none'",
    )
    .header('referrer-policy', 'no-referrer')
    .header('cache-control', 'no-store')
    .header('x-content-type-options', 'nosniff')
    .header('x-frame-options', 'DENY');
}
