import type { FastifyReply, FastifyRequest } from 'fastify';
import { cookieName } from '../../../platform/cookie-name/cookie-name.ts';
import { hmacSha256, sameBytes } from '../../../platform/crypto/crypto.ts';
import { originOf } from '../../../platform/http/http.ts';
import { randomAlnum } from '../../../platform/ids/ids.ts';

/**
 * Protects forms with a signed double submit (OWASP, Cross-Site Request Forgery Prevention): the form carries a signature of
 * a random cookie, which another site can neither read nor make.
 */
export type Csrf = {
  /** Returns the token for a form. Sets the cookie if the browser has none. */
  token(request: FastifyRequest, reply: FastifyReply): string;
  /** Returns whether a form came from one of our pages in this browser. */
  isOurs(request: FastifyRequest): boolean;
};

export function createCsrf(deps: { key: Buffer; publicUrl: string; secure: boolean }): Csrf {
  const { key, publicUrl, secure } = deps;
  const name = cookieName('usher_csrf', { secure });
  const sign = (value: string) => hmacSha256(key, `form ${value}`).toString('base64url');
  const cookieOf = (request: FastifyRequest) => {
    const value = request.cookies[name];
    return value !== undefined && /^[A-Za-z0-9]{32}$/.test(value) ? value : undefined;
  };

  return {
    token(request, reply) {
      const known = cookieOf(request);
      if (known !== undefined) return sign(known);
      const value = randomAlnum(32);
      reply.setCookie(name, value, { path: '/', httpOnly: true, sameSite: 'lax', secure });
      return sign(value);
    },
    isOurs(request) {
      if (!isSameOrigin(request, publicUrl)) return false;
      const value = cookieOf(request);
      const token = fieldOf(request.body, 'csrf');
      if (value === undefined || token === undefined) return false;
      return sameBytes(Buffer.from(token), Buffer.from(sign(value)));
    },
  };
}

function isSameOrigin(request: FastifyRequest, publicUrl: string): boolean {
  const site = request.headers['sec-fetch-site'];
  if (site !== undefined) return site === 'same-origin';
  const { origin } = request.headers;
  // Our own forms send `null`, because the pages ask for no referrer (Fetch, "append a request Origin header").
  const own = new URL(originOf(request, publicUrl)).origin;
  return origin === undefined || origin === 'null' || origin === own;
}

function fieldOf(body: unknown, name: string): string | undefined {
  if (typeof body !== 'object' || body === null) return undefined;
  const value: unknown = Object.entries(body).find(([key]) => key === name)?.[1];
  return typeof value === 'string' ? value : undefined;
}
