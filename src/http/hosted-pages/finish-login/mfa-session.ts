import type { FastifyReply, FastifyRequest } from 'fastify';
import {
  type EnrollmentView,
  noteTicketChallenge,
  viewEnrollmentTicket,
} from '../../../flows/enroll-factor/enroll-factor.ts';
import {
  findPendingLogin,
  notePendingChallenge,
  type PendingLogin,
} from '../../../records/pending-logins/pending-logins.ts';
import { findUser, type User } from '../../../records/users/users.ts';
import type { Interaction } from '../../seams/seams.ts';
import type { PageDeps } from '../deps.ts';
import { type Look, queryText, type Speech } from '../page/page.ts';
import { type LoginContext, loginContext, stateQuery } from './login-context.ts';

/** Pages about second factors. */
export type MfaPage =
  | 'mfa-otp-challenge'
  | 'mfa-sms-challenge'
  | 'mfa-email-challenge'
  | 'mfa-recovery-code-challenge'
  | 'mfa-login-options'
  | 'mfa-begin-enroll-options'
  | 'mfa-otp-enrollment'
  | 'mfa-sms-enrollment'
  | 'mfa-email-enrollment'
  | 'mfa-recovery-code-enrollment';

type Common = {
  user: User;
  clientId: string | null;
  speech: Speech;
  look: Look;
  /** Names this visit: the secret on the page is made from it. */
  contextId: string;
  /** The code that was sent last. */
  challengeId: string | null;
  urlOf(page: MfaPage, more?: string): string;
  noteChallenge(challengeId: string): Promise<void>;
};

/** Somebody between the first and the second factor of a login. */
export type LoginSession = Common & {
  kind: 'login';
  context: LoginContext;
  pending: PendingLogin;
};

/** Somebody who enrols a factor with a link. */
export type TicketSession = Common & {
  kind: 'ticket';
  secret: string;
  ticketId: string;
  /** The only factor the link is for, in the wire's words. */
  factor: string | null;
  allowMultiple: boolean;
};

export type MfaSession = LoginSession | TicketSession;

/** The same on a page that is this screen of the wire, for what an operator says there. */
export function onScreen<At extends { session: MfaSession }>(at: At, screen: string): At {
  return { ...at, session: { ...at.session, speech: at.session.speech.of(screen) } };
}

/** The login that waits in this browser for a second factor. null: there is none, and the reply has been sent. */
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
    speech: context.speech,
    look: context.look,
    contextId: pending.id,
    challengeId: pending.challengeId,
    urlOf: (page, more = '') => loginUrl(context.interaction, page, more),
    noteChallenge: (challengeId) => notePendingChallenge(deps.db, { id: pending.id, challengeId }),
  };
}

/** @param login the one that waits */
export function loginUrl(
  login: Pick<Interaction, 'state' | 'uid'>,
  page: MfaPage,
  more = '',
): string {
  return `/u/${page}${stateQuery(login)}${more}`;
}

/** Who a link to enrol a factor is for, or why it leads nowhere. */
export async function ticketSession(
  deps: PageDeps,
  request: FastifyRequest,
): Promise<TicketSession | Exclude<EnrollmentView, { kind: 'open' }>> {
  const secret = queryText(request, 'ticket', 128) ?? '';
  const view = await viewEnrollmentTicket(deps, secret);
  if (view.kind !== 'open') return view;
  const { ticket, user, factor, allowMultiple, challengeId } = view;
  return {
    kind: 'ticket',
    secret,
    ticketId: ticket.id,
    user,
    clientId: null,
    speech: deps.pages.speech(request),
    look: {},
    contextId: ticket.id,
    challengeId,
    factor,
    allowMultiple,
    urlOf: (page, more = '') => `/u/${page}?ticket=${encodeURIComponent(secret)}${more}`,
    noteChallenge: (challenge) =>
      noteTicketChallenge(deps, { ticketId: ticket.id, challengeId: challenge }),
  };
}
