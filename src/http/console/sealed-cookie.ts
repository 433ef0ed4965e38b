import type { FastifyReply, FastifyRequest } from 'fastify';
import { cookieName } from '../../platform/cookie-name/cookie-name.ts';
import { hmacSha256, sameBytes } from '../../platform/crypto/crypto.ts';

/** A signed value in a cookie. The browser can read it, but only this server can create or change it. */
export type SealedCookie<T> = {
  set(reply: FastifyReply, value: T): void;
  /** Returns the value, or `null` if it is absent, forged or expired. */
  read(request: FastifyRequest): T | null;
  clear(reply: FastifyReply): void;
};

/** @param options.purpose is part of the signature, so that a value of one cookie is not valid in another */
export function createSealedCookie<T extends object>(options: {
  name: string;
  purpose: string;
  key: Buffer;
  lifetimeSeconds: number;
  secure: boolean;
  now(): Date;
}): SealedCookie<T> {
  const { purpose, key, lifetimeSeconds, secure, now } = options;
  const name = cookieName(options.name, { secure });
  const attributes = { path: '/', httpOnly: true, sameSite: 'lax', secure } as const;
  const sign = (body: string) => hmacSha256(key, `${purpose} ${body}`).toString('base64url');

  return {
    set(reply, value) {
      const until = now().getTime() + lifetimeSeconds * 1000;
      const body = Buffer.from(JSON.stringify({ value, until })).toString('base64url');
      reply.setCookie(name, `${body}.${sign(body)}`, { ...attributes, maxAge: lifetimeSeconds });
    },
    read(request) {
      const [body = '', signature = ''] = (request.cookies[name] ?? '').split('.');
      if (!sameBytes(Buffer.from(signature), Buffer.from(sign(body)))) return null;
      const kept: { value: T; until: number } = JSON.parse(
        Buffer.from(body, 'base64url').toString('utf8'),
      );
      return kept.until > now().getTime() ? kept.value : null;
    },
    clear(reply) {
      reply.clearCookie(name, attributes);
    },
  };
}
