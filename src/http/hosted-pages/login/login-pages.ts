import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { withoutBlanks } from '../../../platform/email-address/email-address.ts';
import { PAGE_PATHS } from '../../../platform/page-paths/page-paths.ts';
import {
  type Connection,
  hasDomains,
  hidesAccounts,
  isPasswordless,
  isSelfServiceResetEnabled,
} from '../../../records/connections/connections.ts';
import type { PageDeps } from '../deps.ts';
import {
  anyLoginContext,
  asksForOrganizationFirst,
  finishLogin,
  type LoginContext,
  refuseBlocked,
  waysOfLogin,
} from '../finish-login/finish-login.ts';
import { formText } from '../page/page.ts';
import { provePassword } from '../prove-password/prove-password.ts';
import {
  goToProvider,
  sentByDomain,
  troubleQuery,
  troubleText,
} from '../provider-login/provider-login.ts';
import { identifierLabel, isProvider, passkeyLoginWay } from '../ways-in/ways-in.ts';
import { finishedByHandoff } from './login-handoff-pages.ts';

/** Registers `/u/login`, the first page of a login. */
export function registerLoginPages(app: FastifyInstance, deps: PageDeps): void {
  app.get(PAGE_PATHS.login, async (request, reply) => {
    if (request.method === 'GET' && (await finishedByHandoff(deps, request, reply))) return reply;
    const context = await anyLoginContext(deps, request, reply);
    if (!context) return reply;
    if (asksForOrganizationFirst(context)) return reply.redirect(context.urls.organization, 302);
    const { connection, interaction, urls } = context;
    const { params } = interaction;
    const problem = troubleText(request, context);
    if (isPasswordless(connection)) {
      return reply.redirect(`${urls.code}${troubleQuery(request)}`, 302);
    }
    // An application that names a provider goes straight to it, but not back to one that has just refused.
    if (isProvider(connection) && params.connection !== undefined && problem === undefined) {
      return goToProvider(deps, request, reply, { context, connection });
    }
    if (params.screen_hint === 'signup' && context.canSignUp) {
      return reply.redirect(context.urls.signUp, 302);
    }
    if (params.screen_hint === 'reset-password' && isDatabase(connection))
      return reply.redirect(context.urls.forgot, 302);
    const identifier = params.login_hint ?? '';
    return showLogin(deps, { request, reply, context, identifier, ...(problem && { problem }) });
  });

  app.post(PAGE_PATHS.login, async (request, reply) => {
    const context = await anyLoginContext(deps, request, reply);
    if (!context) return reply;
    const identifier = withoutBlanks(formText(request, 'username')).slice(0, 320);
    if (await sentByDomain(deps, request, reply, { context, typed: identifier })) return reply;
    if (isPasswordless(context.connection)) return reply.redirect(context.urls.code, 303);
    if (!isDatabase(context.connection)) {
      const problem = context.translator.say('providerLogin.noProvider');
      return showLogin(deps, { request, reply, context, identifier, status: 400, problem });
    }
    const { connection, client, organization, translator } = context;
    const proved = await provePassword(deps, request, reply, {
      connection,
      identifier,
      clientId: client.id,
      organizationId: organization?.id ?? null,
      translator,
      wrong: hidesAccounts(connection) ? 'wrongOrUnconfirmed' : 'wrong',
    });
    switch (proved.kind) {
      case 'ok':
        return finishLogin(deps, request, reply, { context, user: proved.user, amr: ['pwd'] });
      case 'blocked':
        return refuseBlocked(deps, request, reply);
      case 'refused': {
        const { problem, status } = proved;
        return showLogin(deps, { request, reply, context, identifier, problem, status });
      }
    }
  });
}

export function showLogin(
  deps: PageDeps,
  shown: {
    request: FastifyRequest;
    reply: FastifyReply;
    context: LoginContext;
    identifier: string;
    status?: number;
    problem?: string;
  },
): Promise<FastifyReply> {
  const { request, reply, context, status } = shown;
  const { connection, connections, translator, urls, look } = context;
  const withPassword = isDatabase(connection);
  const label = withPassword ? identifierLabel(connection) : 'common.email';
  const passkey = passkeyLoginWay(deps, translator, { connections, action: urls.passkey });
  return deps.pages.send(reply, {
    template: 'login',
    translator,
    ...(status !== undefined && { status }),
    values: {
      ...look,
      title: translator.say('login.title'),
      csrf: deps.csrf.token(request, reply),
      action: urls.login,
      // Liquid treats '' as true.
      identifier: shown.identifier || null,
      identifierLabel: translator.say(label),
      emailOnly: label === 'common.email',
      problem: shown.problem,
      hasForm: withPassword || connections.some(hasDomains),
      withPassword,
      usesPasskeys: passkey !== null,
      webauthn: passkey?.fillsIn === true,
      ways: waysOfLogin(deps, request, context, { hasLinks: true, passkey }),
      forgotUrl: withPassword && isSelfServiceResetEnabled(connection) ? urls.forgot : null,
      signUpUrl: context.canSignUp ? urls.signUp : null,
    },
  });
}

function isDatabase({ strategy }: Connection): boolean {
  return strategy === 'auth0';
}
