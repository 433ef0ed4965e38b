import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { requestReset } from '../../../flows/reset-password/reset-password.ts';
import { isEmail } from '../../../platform/email-address/email-address.ts';
import {
  DEFAULT_CONNECTION,
  findConnectionByName,
  isSelfServiceResetEnabled,
} from '../../../records/connections/connections.ts';
import type { PageDeps } from '../deps.ts';
import { showNoConnection } from '../errors/errors.ts';
import { loginContext, openLogin } from '../finish-login/finish-login.ts';
import { formText, type Look, queryText, type Speech } from '../page/page.ts';

type Shown = {
  speech: Speech;
  look: Look;
  loginUrl: string | null;
  action: string;
  email: string;
  problem?: string;
};

/** Registers `/u/reset-password/request`, which requests a link for a new password, within a login or without one. */
export function registerForgotPages(app: FastifyInstance, deps: PageDeps): void {
  app.get('/u/reset-password/request', async (request, reply) => {
    const asked = await contextOf(deps, request, reply);
    if (!asked) return reply;
    if (!isSelfServiceResetEnabled(asked.connection)) return showForgotOff(deps, reply, asked);
    return showForgot(deps, request, reply, asked);
  });

  app.post('/u/reset-password/request', async (request, reply) => {
    const asked = await contextOf(deps, request, reply);
    if (!asked) return reply;
    const email = formText(request, 'email');
    if (!isEmail(email)) {
      const problem = asked.speech.say('problem.email');
      return showForgot(deps, request, reply, { ...asked, email, problem });
    }
    const { connection, clientId, organizationId } = asked;
    const { ip } = request;
    await requestReset(deps, { connection, email, clientId, organizationId, ip });
    return reply.redirect(asked.mailSentUrl, 303);
  });

  app.get('/u/mail-sent', async (request, reply) => {
    const state = queryText(request, 'state');
    const look = (await openLogin(deps, request, reply))?.look ?? {};
    const speech = deps.pages.speech(request, undefined, look);
    const { say } = speech;
    const isSignUp = queryText(request, 'what') === 'sign-up';
    return deps.pages.send(reply, {
      template: 'message',
      speech,
      values: {
        ...look,
        sign: 'mail',
        title: say('mailSent.title'),
        lead: say(isSignUp ? 'mailSent.signUpLead' : 'mailSent.lead'),
        hints: [
          say('mailSent.hintSpam'),
          say('mailSent.hintNewest'),
          say(isSignUp ? 'mailSent.hintSignUp' : 'mailSent.hintAddress'),
        ],
        onwardUrl: state === undefined ? null : `/u/login?state=${encodeURIComponent(state)}`,
        onwardText: say('common.backToLogin'),
      },
    });
  });
}

async function contextOf(deps: PageDeps, request: FastifyRequest, reply: FastifyReply) {
  if (queryText(request, 'state') !== undefined) {
    const context = await loginContext(deps, request, reply);
    if (!context) return null;
    const { speech, look, urls, connection, client, interaction, organization } = context;
    return {
      speech,
      look,
      connection,
      clientId: client.id,
      organizationId: organization?.id ?? null,
      loginUrl: urls.login,
      action: urls.forgot,
      email: interaction.params.login_hint ?? '',
      mailSentUrl: `${urls.mailSent}&ui_locales=${speech.lang}`,
    };
  }
  const connection = await findConnectionByName(deps.db, DEFAULT_CONNECTION);
  if (!connection) {
    await showNoConnection(deps, request, reply, { clientId: null });
    return null;
  }
  const speech = deps.pages.speech(request);
  return {
    speech,
    look: {},
    connection,
    clientId: null,
    organizationId: null,
    loginUrl: null,
    action: `/u/reset-password/request?ui_locales=${speech.lang}`,
    email: '',
    mailSentUrl: `/u/mail-sent?ui_locales=${speech.lang}`,
  };
}

/** Shows that users cannot reset passwords here. No mail is sent, so the page promises none. */
function showForgotOff(
  { pages }: PageDeps,
  reply: FastifyReply,
  { speech, look, loginUrl }: Pick<Shown, 'speech' | 'look' | 'loginUrl'>,
): Promise<FastifyReply> {
  return pages.send(reply, {
    template: 'message',
    speech,
    values: {
      ...look,
      sign: 'info',
      title: speech.say('forgot.title'),
      lead: speech.say('forgot.off'),
      onwardUrl: loginUrl,
      onwardText: speech.say('common.backToLogin'),
    },
  });
}

function showForgot(
  { pages, csrf }: PageDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  shown: Shown,
): Promise<FastifyReply> {
  const { speech, look, action, loginUrl, email, problem } = shown;
  return pages.send(reply, {
    template: 'forgot',
    speech,
    status: problem === undefined ? 200 : 400,
    values: {
      ...look,
      title: speech.say('forgot.title'),
      csrf: csrf.token(request, reply),
      action,
      loginUrl,
      email,
      problem,
    },
  });
}
