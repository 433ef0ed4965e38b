import type { FastifyInstance } from 'fastify';
import { PAGE_PATHS } from '../../../platform/page-paths/page-paths.ts';
import { findPendingLogin } from '../../../records/pending-logins/pending-logins.ts';
import { findUser } from '../../../records/users/users.ts';
import type { PageDeps } from '../deps.ts';
import {
  loginContext,
  loginUrl,
  openLogin,
  sentToSecondFactor,
} from '../finish-login/finish-login.ts';

/**
 * Registers `/u/mfa`, to which the authorization server redirects a logged-in user who needs the second factor. The session is the first
 * factor: only a login that was started for this, in that session, continues without a password.
 */
export function registerMfaSessionPage(app: FastifyInstance, deps: PageDeps): void {
  // No HEAD, because it would send codes.
  app.get(PAGE_PATHS.mfa, { exposeHeadRoute: false }, async (request, reply) => {
    const begun = (await openLogin(deps, request, reply))?.interaction;
    const user =
      begun?.prompt === 'second_factor' && begun.userId !== null
        ? await findUser(deps.db, begun.userId)
        : null;
    const context = await loginContext(deps, request, reply, user);
    if (!context) return reply;
    const { uid } = context.interaction;
    if (!user || user.blocked) return reply.redirect(context.urls.login, 302);
    const waiting = await findPendingLogin(deps.db, {
      interactionUid: uid,
      now: deps.clock.now(),
    });
    // The page was opened again. The sent code still works.
    if (waiting?.userId === user.id) {
      const page = waiting.enrolling ? 'mfa-begin-enroll-options' : 'mfa-login-options';
      return reply.redirect(loginUrl(context.interaction, page), 302);
    }
    // Sessions do not store the method of the first factor.
    const entry = { context, user, amr: [] };
    if (await sentToSecondFactor(deps, request, reply, entry)) return reply;
    // The second factor is no longer needed, so the request is resumed.
    await deps.interactions.resume(request, reply, undefined);
    return reply;
  });
}
