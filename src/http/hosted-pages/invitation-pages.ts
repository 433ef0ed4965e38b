import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import {
  acceptWithPassword,
  type InvitationView,
  type OpenInvitation,
  viewInvitation,
} from '../../flows/accept-invitation/accept-invitation.ts';
import { showDeadLink } from './dead-link-pages.ts';
import type { PageDeps } from './deps.ts';
import { DONE_MESSAGES, destination, FAILED_MESSAGES, failedDestination } from './destination.ts';
import { lookOf } from './login-context.ts';
import { longDate } from './long-date.ts';
import { ruleViews } from './policy-view.ts';
import { formText, queryText } from './render.ts';
import { repeatOf } from './sign-up-pages.ts';

const PATH = '/u/invitation';

/** `/u/invitation?ticket=…`: who invites whom to what, and the password right there. Only the POST uses the link up. */
export function registerInvitationPages(app: FastifyInstance, deps: PageDeps): void {
  app.get(PATH, async (request, reply) => {
    const view = await viewInvitation(deps, secretOf(request));
    if (view.kind !== 'open') return showDead(deps, request, reply, view);
    return showInvitation(deps, request, reply, view);
  });

  app.post(PATH, async (request, reply) => {
    const secret = secretOf(request);
    const password = formText(request, 'password');
    const repeat = repeatOf(request);
    if (password === '' || (repeat !== undefined && repeat !== password)) {
      const view = await viewInvitation(deps, secret);
      if (view.kind !== 'open') return showDead(deps, request, reply, view);
      return showInvitation(deps, request, reply, view, password === '' ? 'password' : 'different');
    }
    const outcome = await acceptWithPassword(deps, { secret, password });
    switch (outcome.kind) {
      case 'refused':
        return showInvitation(deps, request, reply, outcome.view, outcome.why.kind);
      case 'done': {
        const { campaign, user, connection, client, arrival } = outcome;
        await deps.proofs.take(request, reply, { userId: user.id, arrival });
        const target = destination({
          resultUrl: campaign.plan.resultUrl ?? null,
          client,
          email: campaign.plan.includeEmailInRedirect === false ? null : user.email,
          connection,
          message: DONE_MESSAGES.password,
          issuer: `${deps.publicUrl}/`,
        });
        const { lang } = deps.pages.speech(request);
        return reply.redirect(target ?? `/u/done?what=invitation&ui_locales=${lang}`, 303);
      }
      default:
        return showDead(deps, request, reply, outcome);
    }
  });
}

function secretOf(request: FastifyRequest): string {
  return queryText(request, 'ticket', 128) ?? '';
}

function showInvitation(
  { pages, csrf }: PageDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  view: OpenInvitation,
  problem?: string,
): FastifyReply {
  const speech = pages.speech(request);
  const { invitation, campaign, client } = view;
  const look = client ? lookOf(client) : {};
  const locales = queryText(request, 'ui_locales', 128);
  const kept = locales === undefined ? '' : `&ui_locales=${encodeURIComponent(locales)}`;
  return pages.send(reply, {
    template: 'invitation',
    speech,
    status: problem === undefined ? 200 : 400,
    values: {
      ...look,
      title: client
        ? speech.say('invitation.titleApp', { app: client.name })
        : speech.say('invitation.title'),
      inviter: campaign.plan.inviter?.name,
      email: invitation.email,
      until: longDate(invitation.expiresAt, speech.lang),
      untilIso: invitation.expiresAt.toISOString(),
      csrf: csrf.token(request, reply),
      action: `${PATH}?ticket=${encodeURIComponent(secretOf(request))}${kept}`,
      rules: ruleViews(view.policy, speech),
      problem: problem === undefined ? undefined : speech.say(`problem.${problem}`),
      focusPassword: problem !== undefined,
    },
  });
}

function showDead(
  deps: PageDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  view: Exclude<InvitationView, OpenInvitation>,
): FastifyReply {
  const common = {
    kind: 'invitation' as const,
    texts: `dead.${view.kind}`,
    ticket: secretOf(request),
    speech: deps.pages.speech(request),
  };
  if (view.kind === 'unknown') {
    return showDeadLink(deps, request, reply, {
      ...common,
      look: {},
      offerNewLink: true,
      onwardUrl: null,
      status: 404,
    });
  }
  const { campaign, user, client } = view;
  const onwardUrl = failedDestination({
    resultUrl: campaign.plan.resultUrl ?? null,
    client,
    email: campaign.plan.includeEmailInRedirect === false ? null : user.email,
    message: view.kind === 'accepted' ? FAILED_MESSAGES.used : FAILED_MESSAGES.expired,
  });
  const look = client ? lookOf(client) : {};
  const { speech } = common;
  return showDeadLink(deps, request, reply, {
    ...common,
    ...(view.kind === 'password-changed' && {
      lead: speech.say('dead.password-changed.leadInvitation', {
        date: longDate(view.passwordSetAt, speech.lang),
      }),
    }),
    look,
    offerNewLink: view.kind === 'expired',
    onwardUrl,
    status: 410,
  });
}
