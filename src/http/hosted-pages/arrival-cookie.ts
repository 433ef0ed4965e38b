import type { FastifyReply, FastifyRequest } from 'fastify';
import { ARRIVAL_SECONDS } from '../../records/arrivals/arrivals.ts';

/** Carries the proof that this browser has just set a password to the login that the application starts next. */
export type ArrivalCookie = {
  set(reply: FastifyReply, secret: string): void;
  read(request: FastifyRequest): string | null;
  clear(reply: FastifyReply): void;
};

export function createArrivalCookie(secure: boolean): ArrivalCookie {
  const name = secure ? '__Host-usher_arrival' : 'usher_arrival';
  // Lax: it comes along when the application redirects here.
  const attributes = { path: '/', httpOnly: true, sameSite: 'lax', secure } as const;
  return {
    set(reply, secret) {
      reply.setCookie(name, secret, { ...attributes, maxAge: ARRIVAL_SECONDS });
    },
    read(request) {
      return request.cookies[name] || null;
    },
    clear(reply) {
      reply.clearCookie(name, attributes);
    },
  };
}
