import type { FastifyReply, FastifyRequest } from 'fastify';
import {
  type LoginInvitation,
  type OpenInvitation,
  offersProvider,
  takesOtherAccounts,
} from '../../../flows/accept-invitation/accept-invitation.ts';
import { PAGE_PATHS } from '../../../platform/page-paths/page-paths.ts';
import { isSelfServiceResetEnabled } from '../../../records/connections/connections.ts';
import { titleOf } from '../../../records/organizations/organizations.ts';
import { lookOf } from '../brand/brand.ts';
import type { PageDeps } from '../deps.ts';
import {
  formAction,
  longDate,
  type ProblemName,
  ruleViews,
  type Translator,
} from '../page/page.ts';
import { mailedCodeWay, waysIn } from '../ways-in/ways-in.ts';
import { fieldViews } from './invitation-fields.ts';
import { hasForm, invitationPasskeyWay } from './invitation-passkey.ts';
import { isUnderWayElsewhere, waitingFlow } from './kept-flow.ts';

export function sayProblem(
  { pages }: PageDeps,
  request: FastifyRequest,
  problem: ProblemName,
): string {
  return pages.translator(request).say(`problem.${problem}`);
}

/** Shows an invitation that can be accepted, with the way that its person has: a new password, or the one they have. */
export async function showInvitation(
  deps: PageDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  view: OpenInvitation | LoginInvitation,
  problem?: string,
  status = problem === undefined ? 200 : 400,
): Promise<FastifyReply> {
  const { pages, csrf, db } = deps;
  const translator = pages.translator(request);
  const { say, lang } = translator;
  const { invitation, campaign, client, connections, connection } = view;
  const inviter = campaign.plan.inviter?.name ?? null;
  const isLogin = view.kind === 'login';
  const besideForm = hasForm(view);
  const store = isLogin ? view.connection : view.store;
  const canForget = store !== null && isSelfServiceResetEnabled(store);
  const changedAt = isLogin ? view.changedAt : null;
  const passkey = invitationPasskeyWay(deps, request, { view, translator });
  const ways = waysIn(deps, request, {
    translator,
    connections,
    form: connection,
    besideForm,
    passkey,
    code: mailedCodeWay(translator, {
      connections,
      action: formAction(request, PAGE_PATHS.invitationCode),
    }),
    action: formAction(request, PAGE_PATHS.invitationProvider),
    isShown: (each) => offersProvider(view, each),
  });
  const accountUrl = (await takesOtherAccounts(db, view))
    ? formAction(request, PAGE_PATHS.invitationAccount)
    : null;
  const hasWays = ways !== null || accountUrl !== null;
  return pages.send(reply, {
    template: 'invitation',
    translator,
    status,
    values: {
      ...(client ? lookOf(client) : {}),
      title: invitationTitle(translator, view),
      lead: leadOf(translator, view, { hasForm: besideForm, hasWays, canForget }),
      inviter,
      email: invitation.email,
      until: longDate(invitation.expiresAt, lang),
      untilIso: invitation.expiresAt.toISOString(),
      csrf: csrf.token(request, reply),
      action: formAction(request, PAGE_PATHS.invitation),
      isLogin,
      hasForm: besideForm,
      accountUrl,
      declineUrl: formAction(request, PAGE_PATHS.declineInvitation),
      changed: changedAt && say('invitation.changed', { date: longDate(changedAt, lang) }),
      canForget,
      rules: view.kind === 'open' && view.policy ? ruleViews(view.policy, translator) : [],
      fields: fieldViews(request, view, translator),
      goOnUrl:
        (await waitingFlow(deps, request)) === null
          ? null
          : formAction(request, PAGE_PATHS.invitationFactor),
      underWay: (await isUnderWayElsewhere(deps, request, invitation.id))
        ? say('invitation.underWay')
        : null,
      problem,
      focusPassword: problem !== undefined,
      usesPasskeys: passkey !== null,
      ways,
    },
  });
}

/** Names what the person is invited to: the organization and the application. */
export function invitationTitle(
  { say }: Translator,
  { client, organization }: Pick<OpenInvitation, 'client' | 'organization'>,
): string {
  if (client === null) return say('invitation.title');
  const app = client.name;
  return organization === null
    ? say('invitation.titleApp', { app })
    : say('invitation.titleOrganization', { organization: titleOf(organization), app });
}

/** Says what the person can do on the page, by the ways that it has. */
function leadOf(
  { say }: Translator,
  view: OpenInvitation | LoginInvitation,
  page: { hasForm: boolean; hasWays: boolean; canForget: boolean },
): string {
  const { campaign, client, user } = view;
  const { hasForm, hasWays, canForget } = page;
  const name = campaign.plan.inviter?.name ?? null;
  const greet = (lead: Lead) =>
    name === null ? say(`invitation.${lead}`) : say(`invitation.${lead}From`, { name });
  if (view.kind === 'login') return greet('loginLead');
  if (hasForm) return greet(hasWays ? 'waysLead' : 'lead');
  const { hasPasskey, hasIdentity } = view.own;
  const isKnown = hasPasskey || hasIdentity || (user?.loginsCount ?? 0) > 0;
  if (hasWays) return greet(isKnown ? 'knownLead' : 'otherLead');
  const way = say(canForget ? 'invitation.mailLead' : 'invitation.noWayLead');
  // A login with the account accepts it, whatever the way: see `promisedTo`.
  const isPromised =
    view.store !== null && user?.emailVerified && campaign.plan.inviteeMay !== 'link_only';
  return client && isPromised ? `${way} ${say('invitation.appLead', { app: client.name })}` : way;
}

type Lead = 'lead' | 'waysLead' | 'otherLead' | 'loginLead' | 'knownLead';
