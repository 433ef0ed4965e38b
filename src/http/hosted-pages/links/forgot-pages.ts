import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { requestReset } from '../../../flows/reset-password/reset-password.ts';
import { isEmail } from '../../../platform/email-address/email-address.ts';
import { PAGE_PATHS } from '../../../platform/page-paths/page-paths.ts';
import { findClient } from '../../../records/clients/clients.ts';
import {
  DEFAULT_CONNECTION,
  findConnectionByName,
  isSelfServiceResetEnabled,
} from '../../../records/connections/connections.ts';
import { lookOf } from '../brand/brand.ts';
import type { PageDeps } from '../deps.ts';
import { showNoConnection } from '../errors/errors.ts';
import { loginContext, openLogin } from '../finish-login/finish-login.ts';
import { formText, mailSentUrl, queryText, type Translator } from '../page/page.ts';
import type { PageBranding } from '../page-values/page-values.ts';

type Shown = {
  translator: Translator;
  look: PageBranding;
  loginUrl: string | null;
  action: string;
  email: string;
  problem?: string;
};

/** Maximum length of `state`, in characters. It can carry a whole login, up to 2500 characters, and its ID. */
const LONGEST_STATE = 4000;

/** Registers `/u/reset-password/request`, which requests a link for a new password, within a login or without one. */
export function registerForgotPages(app: FastifyInstance, deps: PageDeps): void {
  app.get(PAGE_PATHS.resetPasswordRequest, async (request, reply) => {
    const asked = await contextOf(deps, request, reply);
    if (!asked) return reply;
    if (!isSelfServiceResetEnabled(asked.connection)) return showForgotOff(deps, reply, asked);
    return showForgot(deps, request, reply, asked);
  });

  app.post(PAGE_PATHS.resetPasswordRequest, async (request, reply) => {
    const asked = await contextOf(deps, request, reply);
    if (!asked) return reply;
    const email = formText(request, 'email');
    if (!isEmail(email)) {
      const problem = asked.translator.say('problem.email');
      return showForgot(deps, request, reply, { ...asked, email, problem });
    }
    const { connection, clientId, organizationId } = asked;
    const { ip } = request;
    await requestReset(deps, { connection, email, clientId, organizationId, ip });
    return reply.redirect(asked.mailSentUrl, 303);
  });

  app.get(PAGE_PATHS.mailSent, async (request, reply) => {
    const state = queryText(request, 'state', LONGEST_STATE);
    const look = (await openLogin(deps, request, reply))?.look ?? (await lookHere(deps, request));
    const translator = deps.pages.translator(request, undefined, look);
    const { say } = translator;
    const what = queryText(request, 'what');
    const isSignUp = what === 'sign-up';
    const hint = what === 'new-link' ? 'hintFirst' : 'hintAddress';
    return deps.pages.send(reply, {
      template: 'message',
      translator,
      values: {
        ...look,
        sign: 'mail',
        title: say('mailSent.title'),
        lead: say(isSignUp ? 'mailSent.signUpLead' : 'mailSent.lead'),
        hints: [
          say('mailSent.hintSpam'),
          say('mailSent.hintNewest'),
          say(`mailSent.${isSignUp ? 'hintSignUp' : hint}`),
        ],
        onwardUrl:
          state === undefined ? null : `${PAGE_PATHS.login}?state=${encodeURIComponent(state)}`,
        onwardText: say('common.backToLogin'),
      },
    });
  });
}

/** Returns the look of the application that the address names, if there is one. */
async function lookHere({ db }: PageDeps, request: FastifyRequest): Promise<PageBranding> {
  const clientId = queryText(request, 'client_id', 64);
  const client = clientId === undefined ? null : await findClient(db, clientId);
  return client ? lookOf(client) : {};
}

async function contextOf(deps: PageDeps, request: FastifyRequest, reply: FastifyReply) {
  if (queryText(request, 'state') !== undefined) {
    const context = await loginContext(deps, request, reply);
    if (!context) return null;
    const { translator, look, urls, connection, client, interaction, organization } = context;
    return {
      translator,
      look,
      connection,
      clientId: client.id,
      organizationId: organization?.id ?? null,
      loginUrl: urls.login,
      action: urls.forgot,
      email: interaction.params.login_hint ?? '',
      mailSentUrl: `${urls.mailSent}&ui_locales=${translator.lang}`,
    };
  }
  const connection = await findConnectionByName(deps.db, DEFAULT_CONNECTION);
  if (!connection) {
    await showNoConnection(deps, request, reply, { clientId: null });
    return null;
  }
  const translator = deps.pages.translator(request);
  return {
    translator,
    look: {},
    connection,
    clientId: null,
    organizationId: null,
    loginUrl: null,
    action: `${PAGE_PATHS.resetPasswordRequest}?ui_locales=${translator.lang}`,
    email: '',
    mailSentUrl: mailSentUrl(translator.lang),
  };
}

/** Shows that users cannot reset passwords here. No mail is sent, so the page promises none. */
function showForgotOff(
  { pages }: PageDeps,
  reply: FastifyReply,
  { translator, look, loginUrl }: Pick<Shown, 'translator' | 'look' | 'loginUrl'>,
): Promise<FastifyReply> {
  return pages.send(reply, {
    template: 'message',
    translator,
    values: {
      ...look,
      sign: 'info',
      title: translator.say('forgot.title'),
      lead: translator.say('forgot.off'),
      onwardUrl: loginUrl,
      onwardText: translator.say('common.backToLogin'),
    },
  });
}

function showForgot(
  { pages, csrf }: PageDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  shown: Shown,
): Promise<FastifyReply> {
  const { translator, look, action, loginUrl, email, problem } = shown;
  return pages.send(reply, {
    template: 'forgot',
    translator,
    status: problem === undefined ? 200 : 400,
    values: {
      ...look,
      title: translator.say('forgot.title'),
      csrf: csrf.token(request, reply),
      action,
      loginUrl,
      email,
      problem,
    },
  });
}
