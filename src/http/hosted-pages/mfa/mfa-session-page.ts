import type { FastifyInstance } from 'fastify';
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
 * `/u/mfa`: where the authorization server sends somebody who is logged in and owes a second factor. The session is the first:
 * only a login that was begun for this, in that session, goes on without a password.
 */
export function registerMfaSessionPage(app: FastifyInstance, deps: PageDeps): void {
  // No HEAD: it would send codes.
  app.get('/u/mfa', { exposeHeadRoute: false }, async (request, reply) => {
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
    // Looked at again: the code that was sent is good still.
    if (waiting?.userId === user.id) {
      const page = waiting.enrolling ? 'mfa-begin-enroll-options' : 'mfa-login-options';
      return reply.redirect(loginUrl(context.interaction, page), 302);
    }
    // Sessions don't keep how the first factor was shown.
    const entry = { context, user, amr: [] };
    if (await sentToSecondFactor(deps, request, reply, entry)) return reply;
    // It is owed no more; the request is looked at anew.
    await deps.interactions.resume(request, reply, undefined);
    return reply;
  });
}
