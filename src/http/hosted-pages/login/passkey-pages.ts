import type { FastifyInstance } from 'fastify';
import {
  askForPasskey,
  logInWithPasskey,
} from '../../../flows/log-in-with-passkey/log-in-with-passkey.ts';
import { PAGE_PATHS } from '../../../platform/page-paths/page-paths.ts';
import { passkeyRulesOf } from '../../../records/connections/connections.ts';
import { browserSecret, keepBrowserSecret } from '../browser/browser.ts';
import type { PageDeps } from '../deps.ts';
import {
  anyLoginContext,
  finishLogin,
  loginContext,
  refuseBlocked,
} from '../finish-login/finish-login.ts';
import { formText, sayNotNow } from '../page/page.ts';
import { showLogin } from './login-pages.ts';

/** Registers `/u/passkey`, to which the login page sends passkeys. */
export function registerPasskeyPages(app: FastifyInstance, deps: PageDeps): void {
  app.get(PAGE_PATHS.passkey, async (request, reply) => {
    const context = await anyLoginContext(deps, request, reply);
    return context ? reply.redirect(context.urls.login, 302) : reply;
  });

  app.post(PAGE_PATHS.passkey, async (request, reply) => {
    const context = await anyLoginContext(deps, request, reply);
    if (!context) return reply;
    const { connections, client, translator } = context;
    const { uid } = context.interaction;
    const hasPasskeys = connections.some((connection) => passkeyRulesOf(connection).isEnabled);
    if (formText(request, 'passkey') === 'options') {
      const begun = hasPasskeys ? await askForPasskey(deps, { uid, ip: request.ip }) : null;
      if (begun?.kind === 'begun') return reply.send({ options: begun.options });
      if (begun?.kind === 'throttled') {
        const { problem, status } = sayNotNow(reply, begun, translator);
        return reply.code(status).send({ problem });
      }
      return reply.code(400).send({ problem: translator.say('passkey.failed') });
    }
    const browser = browserSecret(deps, request);
    const outcome = await logInWithPasskey(deps, {
      uid,
      answer: formText(request, 'credential'),
      connections,
      clientId: client.id,
      ip: request.ip,
      browser,
    });
    switch (outcome.kind) {
      case 'ok': {
        const { user, amr, isFromAnotherDevice } = outcome;
        const theirs = await loginContext(deps, request, reply, user);
        if (!theirs) return reply;
        keepBrowserSecret(deps, reply, browser);
        return finishLogin(deps, request, reply, {
          context: theirs,
          user,
          amr,
          isFromAnotherDevice,
        });
      }
      case 'blocked':
        return refuseBlocked(deps, request, reply);
      default: {
        const said =
          outcome.kind === 'throttled'
            ? sayNotNow(reply, outcome, translator)
            : { status: 400, problem: translator.say('passkey.wrong') };
        return showLogin(deps, { request, reply, context, identifier: '', ...said });
      }
    }
  });
}
