import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import {
  type OpenReset,
  type ResetView,
  redeemTicket,
  viewTicket,
} from '../../../flows/reset-password/reset-password.ts';
import { PAGE_PATHS } from '../../../platform/page-paths/page-paths.ts';
import { isSelfServiceResetEnabled } from '../../../records/connections/connections.ts';
import {
  findOrganization,
  type Organization,
} from '../../../records/organizations/organizations.ts';
import { lookOf, organizationLook } from '../brand/brand.ts';
import type { PageDeps } from '../deps.ts';
import {
  chosenPassword,
  DONE_MESSAGES,
  destination,
  doneUrl,
  FAILED_MESSAGES,
  failedDestination,
  longDate,
  type ProblemName,
  queryText,
  ruleViews,
  secretOf,
  type Translator,
} from '../page/page.ts';
import type { PageBranding, Variants } from '../page-values/page-values.ts';
import { showDeadLink, showUnknownLink } from './dead-link-pages.ts';

/** Registers `/u/reset-verify?ticket=…`, which sets a password. Only the POST uses up the link, because mail scanners open every link. */
export function registerResetPages(app: FastifyInstance, deps: PageDeps): void {
  app.get(PAGE_PATHS.resetVerify, async (request, reply) => {
    const view = await viewTicket(deps, secretOf(request));
    if (view.kind !== 'open') return showDead(deps, request, reply, view);
    return showReset(deps, request, reply, view);
  });

  app.post(PAGE_PATHS.resetVerify, async (request, reply) => {
    const secret = secretOf(request);
    const chosen = chosenPassword(request);
    if ('problem' in chosen) {
      const view = await viewTicket(deps, secret);
      if (view.kind !== 'open') return showDead(deps, request, reply, view);
      return showReset(deps, request, reply, view, chosen.problem);
    }
    const outcome = await redeemTicket(deps, { secret, password: chosen.password });
    switch (outcome.kind) {
      case 'refused':
        return showReset(deps, request, reply, outcome.view, outcome.why.kind);
      case 'unchanged':
        return showReset(deps, request, reply, outcome.view, 'notChanged');
      case 'denied':
        return showReset(deps, request, reply, outcome.view, { text: outcome.message });
      case 'done': {
        const { ticket, user, connection, client, handoff } = outcome;
        await deps.proofs.take(request, reply, { userId: outcome.personId, handoff });
        const target = destination({
          resultUrl: ticket.resultUrl,
          client,
          email: ticket.includeEmailInRedirect ? user.email : null,
          connection,
          message: DONE_MESSAGES.password,
          issuer: `${deps.publicUrl}/`,
          organization: await organizationOf(deps, ticket),
        });
        const { lang } = deps.pages.translator(request);
        return reply.redirect(target ?? doneUrl('password', lang), 303);
      }
      default:
        return showDead(deps, request, reply, outcome);
    }
  });
}

async function organizationOf(
  { db }: PageDeps,
  { organizationId }: OpenReset['ticket'],
): Promise<Organization | null> {
  return organizationId === null ? null : findOrganization(db, organizationId);
}

async function lookOfLink(
  deps: PageDeps,
  { client, ticket }: Pick<OpenReset, 'client' | 'ticket'>,
): Promise<PageBranding> {
  const organization = await organizationOf(deps, ticket);
  if (client !== null) return lookOf(client, organization);
  return { organization: organization && organizationLook(organization) };
}

/** Returns a text of this server, or that of an action. */
function saidOf(problem: ProblemName | { text: string }, translator: Translator): string {
  return typeof problem === 'string' ? translator.say(`problem.${problem}`) : problem.text;
}

async function showReset(
  deps: PageDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  view: OpenReset,
  problem?: ProblemName | { text: string },
): Promise<FastifyReply> {
  const { pages, csrf } = deps;
  const named = queryText(request, 'app', 80)?.trim() || null;
  const look = await lookOfLink(deps, view);
  // The code below or the page's script fills in the application's name.
  const translator = pages.translator(request, undefined, {
    organization: look.organization ?? null,
  });
  const app = named ?? view.client?.name ?? null;
  const chosen = queryText(request, 'type') === 'invite' ? 'invite' : 'reset';
  const variants = variantsOf(translator, chosen, app);
  const texts = (group: keyof typeof variants) => {
    const { [chosen]: plain, [`${chosen}App` as const]: withApp } = variants[group].texts;
    return app !== null && withApp ? withApp.replace('{app}', () => app) : plain;
  };
  return pages.send(reply, {
    template: 'reset',
    translator,
    status: problem === undefined ? 200 : 400,
    values: {
      ...look,
      appName: app,
      title: texts('headline'),
      headline: texts('headline'),
      headlines: variants.headline,
      lead: texts('lead'),
      leads: variants.lead,
      submit: texts('submit'),
      submits: variants.submit,
      csrf: csrf.token(request, reply),
      action: actionOf(request),
      email: view.user.email,
      rules: ruleViews(view.policy, translator),
      problem: problem === undefined ? undefined : saidOf(problem, translator),
    },
  });
}

/** Returns the texts for a reset and for an invitation. The query selects one here, or the fragment in the browser. */
function variantsOf(
  { say }: Translator,
  chosen: 'invite' | 'reset',
  app: string | null,
): Record<'headline' | 'lead' | 'submit', Variants> {
  return {
    headline: {
      chosen,
      app,
      texts: {
        reset: say('reset.title'),
        resetApp: say('reset.titleApp'),
        invite: say('reset.titleInvite'),
        inviteApp: say('reset.titleInviteApp'),
      },
    },
    lead: { chosen, app, texts: { reset: say('reset.lead'), invite: say('reset.leadInvite') } },
    submit: {
      chosen,
      app,
      texts: { reset: say('reset.submit'), invite: say('reset.submitInvite') },
    },
  };
}

/** Returns the page's own address with its query, so that the form keeps the link's parameters. */
function actionOf(request: FastifyRequest): string {
  const kept = ['ticket', 'type', 'app', 'ui_locales'].flatMap((name) => {
    const value = queryText(request, name, 128);
    return value === undefined ? [] : `${name}=${encodeURIComponent(value)}`;
  });
  return `${PAGE_PATHS.resetVerify}?${kept.join('&')}`;
}

/** Returns the text that replaces the usual explanation. */
function leadOf(
  { kind, ticket, connection }: Exclude<ResetView, OpenReset | { kind: 'unknown' }>,
  translator: Translator,
): { lead?: string } {
  const whom = isSelfServiceResetEnabled(connection) ? 'dead.askSender' : 'forgot.off';
  const off = canAskFor({ ticket, connection }) ? '' : translator.say(whom);
  if (kind !== 'password-changed' || ticket.supersededAt === null) return off ? { lead: off } : {};
  const date = longDate(ticket.supersededAt, translator.lang);
  return { lead: `${translator.say('dead.password-changed.lead', { date })} ${off}`.trim() };
}

/** Returns whether the person may request a new link. */
function canAskFor({ ticket, connection }: Pick<OpenReset, 'ticket' | 'connection'>): boolean {
  return ticket.renewable && isSelfServiceResetEnabled(connection);
}

async function showDead(
  deps: PageDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  view: Exclude<ResetView, OpenReset>,
): Promise<FastifyReply> {
  const link = { kind: 'password' as const, ticket: secretOf(request) };
  if (view.kind === 'unknown') return showUnknownLink(deps, request, reply, link);
  const translator = deps.pages.translator(request);
  const { ticket, user, client } = view;
  const onwardUrl = failedDestination({
    resultUrl: ticket.resultUrl,
    client,
    email: ticket.includeEmailInRedirect ? user.email : null,
    message: view.kind === 'used' ? FAILED_MESSAGES.used : FAILED_MESSAGES.expired,
  });
  const look = await lookOfLink(deps, view);
  return showDeadLink(deps, request, reply, {
    ...link,
    texts: `dead.${view.kind}`,
    translator,
    look,
    offerNewLink: canAskFor(view),
    ...leadOf(view, translator),
    onwardUrl,
    status: 410,
  });
}
