import type { FastifyReply } from 'fastify';

/**
 * Headers of every page. No `form-action`: Chrome applies it to where a form's answer redirects as well, and a login ends in
 * the application, which may redirect further. `base-uri` and escaped output keep forms where they are. No opener policy: an
 * application may show the login in a popup, which must be able to answer it.
 */
export function secureHeaders(
  reply: FastifyReply,
  more: { styles?: string[] | undefined; font?: string | null } = {},
): FastifyReply {
  const styles = ["'self'", ...(more.styles ?? []).map((hash) => `'${hash}'`)].join(' ');
  const font = more.font ? `; font-src ${more.font}` : '';
  return reply
    .header(
      'content-security-policy',
      `default-src 'none'; script-src 'self'; style-src ${styles}; img-src 'self' data: https:${font}; frame-ancestors 'none'; base-uri 'none'`,
    )
    .header('referrer-policy', 'no-referrer')
    .header('cache-control', 'no-store')
    .header('x-content-type-options', 'nosniff')
    .header('x-frame-options', 'DENY');
}
