import type { FastifyInstance, FastifyReply } from 'fastify';
import { openInBrowser } from '../../../flows/log-in-with-provider/log-in-with-provider.ts';
import { PAGE_PATHS } from '../../../platform/page-paths/page-paths.ts';
import type { PageDeps } from '../deps.ts';
import { queryText } from '../page/page.ts';
import { keepProviderLogin, providerLoginSecret } from './provider-cookies.ts';
import { showNotHere } from './provider-notices.ts';

/** Registers `/u/login/connection/start`, to which a page of an application sends the browser of a flow. It leads on to the provider. */
export function registerFlowProviderPages(app: FastifyInstance, deps: PageDeps): void {
  // No HEAD, because the first browser that opens the address gets the login.
  app.get(PAGE_PATHS.providerStart, { exposeHeadRoute: false }, async (request, reply) => {
    const id = queryText(request, 'login', 100) ?? '';
    const start = queryText(request, 'key', 100) ?? '';
    const held = providerLoginSecret(deps, request, id);
    const opened = await openInBrowser(deps, { id, start, held });
    if (opened.kind === 'over') return showNotHere(deps, request, reply);
    const { url, browser } = opened;
    if (browser !== null) keepProviderLogin(deps, request, reply, { id, browser });
    return reply.redirect(url, 302);
  });
}

/**
 * Sends the browser of a flow back to the page of the application. What proves that it is this browser goes into the fragment, which no
 * server sees. The page uses it with the secret of its flow.
 */
export function returnToFlow(
  reply: FastifyReply,
  { returnUrl, id, browser }: { returnUrl: string; id: string; browser: string },
): FastifyReply {
  const glue = returnUrl.includes('#') ? (returnUrl.endsWith('#') ? '' : '&') : '#';
  return reply.redirect(`${returnUrl}${glue}flow_login=${id}.${browser}`, 302);
}
