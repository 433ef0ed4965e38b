import type { FastifyReply, FastifyRequest } from 'fastify';
import { arrivalCookie } from '../../../flows/log-in/log-in.ts';
import type { Clock } from '../../../platform/clock/clock.ts';
import type { Db } from '../../../platform/db/db.ts';
import { ARRIVAL_SECONDS } from '../../../records/arrivals/arrivals.ts';
import { knowBrowser } from './known-browser.ts';

/**
 * What a browser gets by proof other than the login form: a link, a password just chosen, an address confirmed. Every page that takes
 * such a proof tells it here. From then on the browser is known as this person's, and theirs or nobody's: an older session of somebody else ends, and the
 * login that the application starts next lets the person in, or asks.
 */
export type Proofs = {
  /**
   * @param proof.userId whom the browser's person has proved to be
   * @param proof.arrival lets them in at the login that follows; null: they log in there
   */
  take(
    request: FastifyRequest,
    reply: FastifyReply,
    proof: { userId: string; arrival: string | null },
  ): Promise<void>;
  /** The arrival that this browser carries; null: none. */
  arrival(request: FastifyRequest): string | null;
  /** It has been used, or a login took its place. */
  forget(request: FastifyRequest, reply: FastifyReply): void;
};

/** @param deps.interactions ends the session of anybody else in this browser */
export function createProofs(deps: {
  db: Db;
  clock: Clock;
  secureCookies: boolean;
  interactions: {
    welcome(request: FastifyRequest, reply: FastifyReply, userId: string): Promise<void>;
  };
}): Proofs {
  const { secureCookies: secure, interactions } = deps;
  const name = arrivalCookie(secure);
  // Lax: it comes along when the application redirects here.
  const attributes = { path: '/', httpOnly: true, sameSite: 'lax', secure } as const;
  const forget = (request: FastifyRequest, reply: FastifyReply): void => {
    if (request.cookies[name] !== undefined) reply.clearCookie(name, attributes);
  };
  return {
    async take(request, reply, { userId, arrival }) {
      await interactions.welcome(request, reply, userId);
      await knowBrowser(deps, request, reply, userId);
      // An arrival of before may be somebody else's.
      if (arrival === null) return forget(request, reply);
      reply.setCookie(name, arrival, { ...attributes, maxAge: ARRIVAL_SECONDS });
    },
    arrival: (request) => request.cookies[name] || null,
    forget,
  };
}
