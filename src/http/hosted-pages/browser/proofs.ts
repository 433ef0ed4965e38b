import type { FastifyReply, FastifyRequest } from 'fastify';
import { acceptingCookie, loginHandoffCookie } from '../../../flows/log-in/log-in.ts';
import type { Clock } from '../../../platform/clock/clock.ts';
import type { Db } from '../../../platform/db/db.ts';
import {
  ACCEPTING_LOGIN_SECONDS,
  isAcceptingHandoff,
} from '../../../records/invitations/invitations.ts';
import { LOGIN_HANDOFF_SECONDS } from '../../../records/login-handoffs/login-handoffs.ts';
import { knowBrowser } from './known-browser.ts';

/**
 * Handles a proof other than the login form: a link, a new password or a confirmed address. Every page that accepts such a proof
 * reports it here. The browser then counts as this user's: another user's session in it ends. The application's next login lets the
 * user in, or asks.
 */
export type Proofs = {
  /**
   * @param proof.userId the proved user
   * @param proof.handoff lets the user in at the next login; `null` if the user must log in there
   */
  take(
    request: FastifyRequest,
    reply: FastifyReply,
    proof: { userId: string; handoff: string | null },
  ): Promise<void>;
  /** Returns the handoff that this browser carries, or `null`. */
  handoff(request: FastifyRequest): string | null;
  /** Remembers in the browser that the login under way accepts an invitation, if this handoff says so: its ID token carries the data. */
  accepts(reply: FastifyReply, handoff: string | null): Promise<void>;
  /** Removes the handoff after its use, or after a login. */
  forget(request: FastifyRequest, reply: FastifyReply): void;
};

/** @param deps.interactions ends another user's session in this browser */
export function createProofs(deps: {
  db: Db;
  clock: Clock;
  secureCookies: boolean;
  interactions: {
    welcome(request: FastifyRequest, reply: FastifyReply, userId: string): Promise<void>;
  };
}): Proofs {
  const { secureCookies: secure, interactions } = deps;
  const name = loginHandoffCookie(secure);
  // Lax, because the browser must send it when the application redirects here.
  const attributes = { path: '/', httpOnly: true, sameSite: 'lax', secure } as const;
  const forget = (request: FastifyRequest, reply: FastifyReply): void => {
    if (request.cookies[name] !== undefined) reply.clearCookie(name, attributes);
  };
  return {
    async take(request, reply, { userId, handoff }) {
      await interactions.welcome(request, reply, userId);
      await knowBrowser(deps, request, reply, userId);
      // An older handoff may be another user's.
      if (handoff === null) return forget(request, reply);
      reply.setCookie(name, handoff, { ...attributes, maxAge: LOGIN_HANDOFF_SECONDS });
    },
    async accepts(reply, handoff) {
      if (handoff === null) return;
      const { db, clock } = deps;
      if (!(await isAcceptingHandoff(db, { handoff, now: clock.now() }))) return;
      const maxAge = ACCEPTING_LOGIN_SECONDS;
      reply.setCookie(acceptingCookie(secure), handoff, { ...attributes, maxAge });
    },
    handoff: (request) => request.cookies[name] || null,
    forget,
  };
}
