import type { FastifyReply, FastifyRequest } from 'fastify';
import {
  type EnrollmentView,
  noteTicketChallenge,
  viewEnrollmentTicket,
} from '../../../flows/enroll-factor/enroll-factor.ts';
import { noteSentChallenge } from '../../../flows/second-factor/second-factor.ts';
import { type MfaPage, mfaPath } from '../../../platform/page-paths/page-paths.ts';
import {
  findPendingLogin,
  type PendingLogin,
} from '../../../records/pending-logins/pending-logins.ts';
import { findUser, type User } from '../../../records/users/users.ts';
import type { Interaction } from '../../seams/seams.ts';
import type { PageDeps } from '../deps.ts';
import { secretOf, type Translator } from '../page/page.ts';
import type { PageBranding } from '../page-values/page-values.ts';
import { type LoginContext, loginContext, stateQuery } from './login-context.ts';

type Common = {
  user: User;
  clientId: string | null;
  translator: Translator;
  look: PageBranding;
  /** The ID of this visit. The secret on the page is derived from it. */
  contextId: string;
  /** The challenge of the last sent code. */
  challengeId: string | null;
  urlOf(page: MfaPage, more?: string): string;
  noteChallenge(challengeId: string): Promise<void>;
};

/** A user between the first and the second factor of a login. */
export type LoginSession = Common & {
  kind: 'login';
  context: LoginContext;
  pending: PendingLogin;
};

/** A user who enrolls a factor with a link. */
export type TicketSession = Common & {
  kind: 'ticket';
  secret: string;
  ticketId: string;
  /** The only factor of the link, in the names of the API. */
  factor: string | null;
  allowMultiple: boolean;
};

export type MfaSession = LoginSession | TicketSession;

/** Returns the same with the custom texts of another Auth0 screen. */
export function onScreen<At extends { session: MfaSession }>(at: At, screen: string): At {
  return { ...at, session: { ...at.session, translator: at.session.translator.of(screen) } };
}

/** Returns the login that waits in this browser for a second factor, or `null` if there is none and the reply has been sent. */
export async function loginSession(
  deps: PageDeps,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<LoginSession | null> {
  const uid = (await deps.interactions.details(request, reply))?.uid;
  const now = deps.clock.now();
  const pending =
    uid === undefined ? null : await findPendingLogin(deps.db, { interactionUid: uid, now });
  const user = pending && (await findUser(deps.db, pending.userId));
  const context = await loginContext(deps, request, reply, user);
  if (!context || uid === undefined) return null;
  if (!pending || !user || user.blocked) {
    await reply.redirect(context.urls.login, 303);
    return null;
  }
  return {
    kind: 'login',
    context,
    pending,
    user,
    clientId: context.client.id,
    translator: context.translator,
    look: context.look,
    contextId: pending.id,
    challengeId: pending.challengeId,
    urlOf: (page, more = '') => loginUrl(context.interaction, page, more),
    noteChallenge: (challengeId) => noteSentChallenge(deps, { pendingId: pending.id, challengeId }),
  };
}

/** @param login the waiting login */
export function loginUrl(
  login: Pick<Interaction, 'state' | 'uid'>,
  page: MfaPage,
  more = '',
): string {
  return `${mfaPath(page)}${stateQuery(login)}${more}`;
}

/** Returns the user of a link to enroll a factor, or the reason why it does not work. */
export async function ticketSession(
  deps: PageDeps,
  request: FastifyRequest,
): Promise<TicketSession | Exclude<EnrollmentView, { kind: 'open' }>> {
  const secret = secretOf(request);
  const view = await viewEnrollmentTicket(deps, secret);
  if (view.kind !== 'open') return view;
  const { ticket, user, factor, allowMultiple, challengeId } = view;
  return {
    kind: 'ticket',
    secret,
    ticketId: ticket.id,
    user,
    clientId: null,
    translator: deps.pages.translator(request),
    look: {},
    contextId: ticket.id,
    challengeId,
    factor,
    allowMultiple,
    urlOf: (page, more = '') => `${mfaPath(page)}?ticket=${encodeURIComponent(secret)}${more}`,
    noteChallenge: (challenge) =>
      noteTicketChallenge(deps, { ticketId: ticket.id, challengeId: challenge }),
  };
}
