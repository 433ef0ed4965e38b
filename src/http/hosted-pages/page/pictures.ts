import type { FastifyInstance } from 'fastify';
import { initialsPicture } from '../../../platform/avatar/avatar.ts';
import { PAGE_PATHS } from '../../../platform/page-paths/page-paths.ts';

/** Serves the default pictures. They reveal no users, because all initials have one. */
export function registerPictures(app: FastifyInstance): void {
  app.get<{ Params: { file: string } }>(`${PAGE_PATHS.pictures}/:file`, async (request, reply) => {
    const picture = initialsPicture(request.params.file);
    if (picture === null) return reply.callNotFound();
    return (
      reply
        .type('image/svg+xml; charset=utf-8')
        .header('cache-control', 'public, max-age=31536000, immutable')
        // An SVG that is opened by itself is a document.
        .header('content-security-policy', "default-src 'none'; sandbox; frame-ancestors 'none'")
        .header('x-content-type-options', 'nosniff')
        // Applications show it on their own pages.
        .header('cross-origin-resource-policy', 'cross-origin')
        .send(picture)
    );
  });
}
