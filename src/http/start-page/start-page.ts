import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { isFromThisMachine } from '../../platform/from-this-machine/from-this-machine.ts';
import { pagePolicy } from '../../platform/page-policy/page-policy.ts';
import { createPageEngine } from '../../platform/templates/templates.ts';
import type { SharedPages } from '../seams/seams.ts';

export type StartPageDeps = {
  publicUrl: string;
  /** The operator's redirect for `/`. If undefined, `/` shows a built-in page. */
  homeUrl: string | undefined;
  production: boolean;
  hasMailbox: boolean;
  /** Renders a page in English in the look of all others. */
  frame: SharedPages['frame'];
  /** Sends the page for people who come without an application. */
  showDoorstep(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply>;
};

const STYLE = '/start-page.css';

/**
 * Registers `/`: a redirect if the operator has set one. Otherwise, in development, the links of the server, and in production a page that
 * tells people to start at their application.
 */
export function registerStartPage(app: FastifyInstance, deps: StartPageDeps): void {
  const { homeUrl, production } = deps;
  if (homeUrl !== undefined) {
    app.get('/', (_request, reply) => reply.header('cache-control', 'no-store').redirect(homeUrl));
  } else if (production) {
    app.get('/', (request, reply) => deps.showDoorstep(request, reply));
  } else {
    registerWays(app, deps);
  }
}

function registerWays(app: FastifyInstance, deps: StartPageDeps): void {
  const { publicUrl, hasMailbox, frame } = deps;
  const engine = createPageEngine(import.meta.dirname);
  const style = readFileSync(join(import.meta.dirname, 'start-page.css'));
  const title = 'Your identity server runs';

  app.get(STYLE, (_request, reply) =>
    reply.type('text/css; charset=utf-8').header('cache-control', 'no-cache').send(style),
  );
  app.get('/', (request, reply) => {
    // The same rule as at the mailbox itself. The secret of its link must not be on a page.
    const isOpen = isFromThisMachine(request.raw, publicUrl);
    const body: unknown = engine.renderFileSync('start-page', {
      title,
      publicUrl,
      mailbox: hasMailbox ? (isOpen ? 'open' : 'closed') : 'none',
    });
    const shown = frame({ title, appName: 'Usher', body: String(body), moreStyle: STYLE });
    return reply
      .headers({
        'content-security-policy': pagePolicy({ font: shown.font, formAction: "'none'" }),
        'referrer-policy': 'no-referrer',
        'cache-control': 'no-store',
        'x-frame-options': 'DENY',
        'content-language': 'en',
      })
      .type('text/html; charset=utf-8')
      .send(shown.html);
  });
}
