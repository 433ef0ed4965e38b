import type { FastifyReply } from 'fastify';
import type Provider from 'oidc-provider';
import type { Interaction } from 'oidc-provider';
import { decrypt, encrypt, hmacSha256 } from '../../platform/crypto/crypto.ts';

type Payload = Record<string, unknown>;

type Cookies = {
  get(name: string, options: { signed: boolean }): string | undefined;
  set(name: string, value: string, options: object): unknown;
};

/** Five of them and what else a browser sends stay below what HTTP servers take. */
const MOST_CHARACTERS = 2000;
const MOST_WAITING = 1000;

export type CarriedInteractions = ReturnType<typeof createCarriedInteractions>;

/**
 * Logins that anybody can begin are carried by the browser, encrypted, and cost us no room. Once somebody has logged in, or where
 * there was a session before, an interaction is kept in the database: there it counts once.
 * @param path of the pages that take part in a login
 */
export function createCarriedInteractions({ secret, path }: { secret: Buffer; path: string }) {
  const key = hmacSha256(secret, 'carried interactions');
  /** Between the library's save and the answer that takes it along. */
  const waiting = new Map<string, Payload>();
  const kept = new Set<string>();

  return {
    /** Takes an interaction that is about to be stored; false: store it. */
    take(uid: string, payload: Payload): boolean {
      if (kept.delete(uid) || !isAnonymous(payload)) return false;
      const sealed = encrypt(key, JSON.stringify(payload)).toString('base64url');
      if (sealed.length > MOST_CHARACTERS || waiting.size >= MOST_WAITING) return false;
      waiting.set(uid, { sealed });
      return true;
    },
    /** The next time it is to be stored in the database. */
    keep(uid: string): void {
      kept.add(uid);
    },
    /** Gives a new interaction to the browser, if it was taken. */
    handOver(cookies: Cookies, uid: string): void {
      const sealed = waiting.get(uid)?.sealed;
      waiting.delete(uid);
      if (typeof sealed !== 'string') return;
      const options = { httpOnly: true, sameSite: 'lax', signed: false, overwrite: true, path };
      cookies.set(cookieName(uid), sealed, options);
    },
    /** What the browser carries of this login; null: nothing that counts. */
    read(
      provider: Provider,
      cookies: Cookies,
      uid: string,
      nowSeconds: number,
    ): Interaction | null {
      const sealed = cookies.get(cookieName(uid), { signed: false });
      const payload = sealed === undefined ? null : open(key, sealed);
      if (payload === null || payload.jti !== uid) return null;
      if (typeof payload.exp !== 'number' || payload.exp <= nowSeconds) return null;
      // The type leaves the constructor out; the library makes its own with it.
      const Model = provider.Interaction as unknown as new (id: string, of: Payload) => Interaction;
      return new Model(uid, payload);
    },
    /** It is over, or in the database. */
    forget(reply: FastifyReply, uid: string): void {
      reply.header(
        'set-cookie',
        `${cookieName(uid)}=; path=${path}; expires=${new Date(0).toUTCString()}; samesite=lax; httponly`,
      );
    },
    /** The same for one that makes room for another. */
    drop(cookies: Cookies, uid: string): void {
      const ended = { expires: new Date(0), sameSite: 'lax', signed: false, path };
      cookies.set(cookieName(uid), '', ended);
    },
  };
}

/** Nobody has shown anything yet: whoever replays it has to log in. */
function isAnonymous({ result, lastSubmission, session, grantId, deviceCode }: Payload): boolean {
  return [result, lastSubmission, session, grantId, deviceCode].every((part) => part === undefined);
}

function cookieName(uid: string): string {
  return `usher_login_${uid.slice(0, 12).replaceAll(/[^\w-]/g, '')}`;
}

function open(key: Buffer, sealed: string): Payload | null {
  try {
    return JSON.parse(decrypt(key, Buffer.from(sealed, 'base64url')));
  } catch {
    return null;
  }
}
