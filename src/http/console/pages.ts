import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { sha256 } from '../../platform/crypto/crypto.ts';
import { pagePolicy } from '../../platform/page-policy/page-policy.ts';
import { createPageEngine } from '../../platform/templates/templates.ts';
import type { ConsoleDeps } from './deps.ts';
import type { ConsolePage } from './page-values.ts';

export type Pages = {
  send(reply: FastifyReply, page: ConsolePage & { status?: number }): FastifyReply;
  /** Serves the style sheet. */
  register(app: FastifyInstance): void;
};

const STYLE = '/console/assets/console.css';

/** Headers of the console's pages, which have no scripts of their own and are in English. */
const HEADERS = {
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
  'x-frame-options': 'DENY',
  'cross-origin-opener-policy': 'same-origin',
  'content-language': 'en',
} as const;

export function createPages({ frame }: Pick<ConsoleDeps, 'frame'>): Pages {
  const engine = createPageEngine(join(import.meta.dirname, 'templates'));
  const style = readFileSync(join(import.meta.dirname, 'assets/console.css'));
  const version = sha256(style).toString('hex').slice(0, 12);

  return {
    send(reply, { template, title, status = 200, sign, values }) {
      const body: unknown = engine.renderFileSync(template, { ...values, title });
      const { html, font } = frame({
        title,
        appName: 'Usher console',
        body: String(body),
        moreStyle: `${STYLE}?v=${version}`,
        ...(sign && { sign }),
      });
      return reply
        .code(status)
        .headers(HEADERS)
        .header('content-security-policy', pagePolicy({ font, formAction: "'self'" }))
        .type('text/html; charset=utf-8')
        .send(html);
    },
    register(app) {
      app.get<{ Querystring: { v?: string } }>(STYLE, (request, reply) =>
        reply
          .type('text/css; charset=utf-8')
          .header(
            'cache-control',
            request.query.v === version ? 'public, max-age=31536000, immutable' : 'no-cache',
          )
          .send(style),
      );
    },
  };
}
