import type { FastifyReply, FastifyRequest } from 'fastify';
import { beginWithProvider } from '../../../flows/log-in-with-provider/log-in-with-provider.ts';
import { originOf } from '../../../platform/http/http.ts';
import { type Connection, connectionOfDomain } from '../../../records/connections/connections.ts';
import type { PageDeps } from '../deps.ts';
import type { LoginContext } from '../finish-login/finish-login.ts';
import { sayNotNow } from '../page/page.ts';
import { isProvider } from '../ways-in/ways-in.ts';
import { keepProviderLogin } from './provider-cookies.ts';
import { sendBack } from './provider-troubles.ts';

/**
 * Sends the browser to the provider of the company to which a typed address belongs. Only its domain decides, so that nobody learns whether
 * there is an account.
 * @returns false if there is no such provider
 */
export async function sentByDomain(
  deps: PageDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  { context, typed }: { context: LoginContext; typed: string },
): Promise<boolean> {
  const connection = connectionOfDomain(context.connections.filter(isProvider), typed);
  if (connection === null) return false;
  await goToProvider(deps, request, reply, { context, connection, loginHint: typed });
  return true;
}

/** Sends the browser of a login to an identity provider. */
export async function goToProvider(
  deps: PageDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  {
    context,
    connection,
    loginHint,
  }: {
    context: LoginContext;
    connection: Connection;
    /** The address that the person has typed. */
    loginHint?: string;
  },
): Promise<FastifyReply> {
  const { interaction, client } = context;
  const { params, state } = interaction;
  const begun = await beginWithProvider(deps, {
    connection,
    clientId: client.id,
    purpose: { kind: 'login', state },
    origin: originOf(request, deps.publicUrl),
    ip: request.ip,
    request: { ...params, ...(loginHint !== undefined && { login_hint: loginHint }) },
  });
  if (begun.kind === 'throttled') {
    const { problem } = sayNotNow(reply, begun, context.translator);
    return deps.pages.send(reply, {
      template: 'message',
      translator: context.translator,
      status: 429,
      values: {
        ...context.look,
        sign: 'clock',
        title: context.translator.say('providerLogin.laterTitle'),
        lead: problem,
        onwardUrl: context.urls.login,
        onwardText: context.translator.say('common.backToLogin'),
      },
    });
  }
  if (begun.kind === 'unavailable') {
    return sendBack(request, reply, { context, connection, trouble: 'unavailable' });
  }
  keepProviderLogin(deps, request, reply, begun);
  return reply.redirect(begun.url, request.method === 'GET' ? 302 : 303);
}
